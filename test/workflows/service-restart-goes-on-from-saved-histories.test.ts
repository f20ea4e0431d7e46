import { beforeAll, expect, test } from 'vitest'
import { bundleToReplay, replayEverywhere, savedHistories } from './saved-histories.ts'

/** A restart that is under way when a worker is replaced must go on. */
const files = savedHistories('service')

let codePath: string
beforeAll(async () => {
  codePath = await bundleToReplay()
}, 60_000)

test('every branch has its history', () => {
  const branches = ['restarted', 'refused']
  expect(files.toSorted()).toEqual(branches.map((branch) => `service-${branch}.json`).toSorted())
})

test.each(files)('a worker that takes over anywhere in %s goes the same way', (file) => replayEverywhere(file, codePath, 'restart'))
