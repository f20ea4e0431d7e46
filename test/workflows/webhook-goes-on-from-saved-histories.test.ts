import { beforeAll, expect, test } from 'vitest'
import { bundleToReplay, replayEverywhere, savedHistories } from './saved-histories.ts'

/** A delivery is under way for up to three days: each later version must go on with it. */
const files = savedHistories('webhook')

let codePath: string
beforeAll(async () => {
  codePath = await bundleToReplay()
}, 60_000)

test('every branch has its history', () => {
  const branches = ['delivered-late', 'failed', 'switched-off', 'dropped', 'attempt-lost']
  expect(files.toSorted()).toEqual(branches.map((branch) => `webhook-${branch}.json`).toSorted())
})

test.each(files)('a worker that takes over anywhere in %s goes the same way, to its end', (file) => replayEverywhere(file, codePath, 'webhook'))
