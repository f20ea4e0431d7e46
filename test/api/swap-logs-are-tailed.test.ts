import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SwapLogs } from '../../api/swap-log.ts'

let folder: string
let logs: SwapLogs
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spark-logs-'))
  logs = new SwapLogs(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const write = (id: string, text: string): Promise<void> => writeFile(join(folder, `${id}.log`), text)

test('a swap that wrote nothing yet has an empty log', async () => {
  expect(await logs.after('no-such-swap', 0)).toEqual({ lines: [], offset: 0 })
  expect(await logs.tail('no-such-swap', 10)).toEqual({ lines: [], offset: 0 })
})

test('a reader that goes on at its offset sees every line once, multi-byte ones too', async () => {
  await write('swap-one', 'a\nüber\n')
  const first = await logs.after('swap-one', 0)
  expect(first).toEqual({ lines: ['a', 'über'], offset: 8 })
  await appendFile(join(folder, 'swap-one.log'), 'c\n\nd\n')
  expect(await logs.after('swap-one', first.offset)).toEqual({ lines: ['c', '', 'd'], offset: 13 })
  expect(await logs.after('swap-one', 13)).toEqual({ lines: [], offset: 13 })
})

test('a line that is still being written waits until it is whole', async () => {
  await write('swap-two', 'whole\nhal')
  expect(await logs.after('swap-two', 0)).toEqual({ lines: ['whole'], offset: 6 })
  await appendFile(join(folder, 'swap-two.log'), 'f\n')
  expect(await logs.after('swap-two', 6)).toEqual({ lines: ['half'], offset: 11 })
})

test('a line longer than a read does not hold up the rest', async () => {
  await write('swap-big', `${'x'.repeat(100_000)}\nafter\n`)
  const seen: string[] = []
  for (let offset = 0, more = true; more;) {
    const chunk = await logs.after('swap-big', offset)
    more = chunk.offset > offset
    offset = chunk.offset
    seen.push(...chunk.lines)
  }
  expect(seen.join('')).toBe(`${'x'.repeat(100_000)}after`)
  expect(seen.at(-1)).toBe('after')
})

test('the newest lines are whole ones, and their offset is where a reader goes on', async () => {
  await write('swap-tail', Array.from({ length: 100 }, (_, i) => `line ${String(i)}\n`).join(''))
  const tail = await logs.tail('swap-tail', 2)
  expect(tail.lines).toEqual(['line 98', 'line 99'])
  expect(await logs.after('swap-tail', tail.offset)).toMatchObject({ lines: [] })
  expect((await logs.tail('swap-tail', 1000, 20)).lines).toEqual(['line 98', 'line 99'])
})

test('an offset beyond the end, as after a lost file, starts over from its end', async () => {
  await write('swap-lost', 'new\n')
  expect(await logs.after('swap-lost', 9_999)).toEqual({ lines: [], offset: 4 })
})
