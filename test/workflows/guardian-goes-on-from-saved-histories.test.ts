import { beforeAll, expect, test } from 'vitest'
import { bundleToReplay, replayEverywhere, savedHistories } from './saved-histories.ts'

/** It may wait for hours behind a reservation: a change that these cannot follow would break it. */
const files = savedHistories('guardian')

let codePath: string
beforeAll(async () => {
  codePath = await bundleToReplay()
}, 60_000)

test('every branch has its history', () => {
  expect(files.toSorted()).toEqual(['guardian-put-back.json', 'guardian-restarted.json', 'guardian-told.json'])
})

test.each(files)('a worker that takes over anywhere in %s goes the same way', (file) => replayEverywhere(file, codePath, 'guardian'))
