import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { forgetOldest } from '../../activities/last-words.ts'
import { lastWordsName, swapLogName } from '../../domain/swap-log.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spark-words-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('of all last words the oldest go beyond the bound, and no other log does', async () => {
  const words = [1, 2, 3, 4].map((age) =>
    lastWordsName(`swap-000${String(age)}`, { host: 'spark-1', container: 'vllm_node', containerId: 'abcdef012345' }),
  )
  for (const [at, name] of words.entries()) {
    await writeFile(join(folder, name), 'x'.repeat(100))
    await utimes(join(folder, name), 1_000 - at, 1_000 - at)
  }
  await writeFile(join(folder, swapLogName('swap-0001')), 'y'.repeat(1_000))
  await forgetOldest(folder, 250)
  expect((await readdir(folder)).sort()).toEqual([swapLogName('swap-0001'), ...words.slice(0, 2)].sort())
})
