import { beforeAll, expect, test } from 'vitest'
import { bundleToReplay, replayEverywhere, savedHistories } from './saved-histories.ts'

/** A download may take a night, and a deletion holds a claim: a change that these cannot follow would break one that is under way. */
const downloads = savedHistories('download')
const deletions = savedHistories('weights')

let codePath: string
beforeAll(async () => {
  codePath = await bundleToReplay()
}, 60_000)

test('every branch has its history', () => {
  expect(downloads.toSorted()).toEqual(['download-cancelled.json', 'download-completed.json', 'download-failed.json'])
  expect(deletions).toEqual(['weights-deleted.json'])
})

test.each(downloads)('a worker that takes over anywhere in %s goes the same way', (file) => replayEverywhere(file, codePath, 'download'))
test.each(deletions)('a worker that takes over anywhere in %s goes the same way', (file) => replayEverywhere(file, codePath, 'delete'))
