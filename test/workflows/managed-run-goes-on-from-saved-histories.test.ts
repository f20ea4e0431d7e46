import { beforeAll, expect, test } from 'vitest'
import { bundleToReplay, replayEverywhere, savedHistories } from './saved-histories.ts'

/** A run may wait for a day: a change that these cannot follow would break it. */
const files = savedHistories('managed')

let codePath: string
beforeAll(async () => {
  codePath = await bundleToReplay()
}, 60_000)

test('every branch has its history', () => {
  const branches = ['swap', 'skipped', 'waited', 'cancelled', 'restart', 'warm', 'failed']
  expect(files.toSorted()).toEqual(branches.map((branch) => `managed-${branch}.json`).toSorted())
})

test.each(files)('a worker that takes over anywhere in %s goes the same way', (file) => replayEverywhere(file, codePath, 'managed'))
