import { appendFile, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SwapLogs } from '../../api/swap-log.ts'
import { lastWordsKey, lastWordsName, LogOf, shownKey } from '../../domain/swap-log.ts'

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

const lastWords = (id: string, containerId: string, text: string): Promise<void> =>
  writeFile(join(folder, lastWordsName(id, { host: 'spark-1', container: 'vllm_node', containerId })), text)

test('a log is paged forwards and backwards without a line lost or seen twice', async () => {
  const all = Array.from({ length: 90 }, (_, i) => `zeile ${String(i)} ü`)
  await write('swap-paged', all.map((line) => `${line}\n`).join(''))
  const forwards: string[] = []
  for (let offset = 0, bytes = 1; offset < bytes;) {
    const page = await logs.page('swap-paged', null, { lines: 7, offset })
    forwards.push(...page.lines)
    ;({ next_offset: offset, bytes } = page)
  }
  expect(forwards).toEqual(all)
  const backwards: string[] = []
  for (let before: number | undefined; before !== 0;) {
    const page = await logs.page('swap-paged', null, { lines: 7, before })
    backwards.unshift(...page.lines)
    before = page.offset
  }
  expect(backwards).toEqual(all)
})

test('a swap lists its own log and the last words of each container that it stopped, though two had one name', async () => {
  await write('swap-words', 'own\n')
  await lastWords('swap-words', 'aaaaaaaaaaaa', 'the old model\n')
  await lastWords('swap-words', 'bbbbbbbbbbbb', 'the new model\n')
  await lastWords('swap-words-2', 'cccccccccccc', 'of another swap\n')
  await utimes(join(folder, lastWordsName('swap-words', { host: 'spark-1', container: 'vllm_node', containerId: 'aaaaaaaaaaaa' })), 1, 1)
  const { logs: listed } = await logs.list('swap-words')
  expect(listed.map(({ of, bytes }) => [of, bytes])).toEqual([
    [null, 4],
    ['spark-1/vllm_node/aaaaaaaaaaaa', 14],
    ['spark-1/vllm_node/bbbbbbbbbbbb', 14],
  ])
  const read = async (of: string): Promise<string[]> => (await logs.page('swap-words', LogOf.parse(of), { lines: 10 })).lines
  expect(await read('spark-1/vllm_node')).toEqual(['the new model'])
  expect(await read('spark-1/vllm_node/aaaaaaaaaaaa')).toEqual(['the old model'])
  await expect(read('spark-2/vllm_node')).rejects.toMatchObject({ code: 'unknown_log' })
  await expect(read('spark-1/vllm_node/cccccccccccc')).rejects.toMatchObject({ code: 'unknown_log' })
})

test.each([
  '',
  '..',
  '../..',
  'spark-1',
  'spark-1/..',
  '../vllm_node',
  'spark-1/vllm_node/../../x',
  'spark-1/vllm_node/',
  '/etc/passwd',
  'a@b/c',
  'spark-1/x\0y',
])('the name "%s" is none of a log', (of) => {
  expect(LogOf.safeParse(of).success).toBe(false)
})

test('whatever is asked for, a file name has no folder in it and reads back as what it names', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.string({ maxLength: 8 }), { maxLength: 4 }).map((parts) => parts.join('/')),
      ),
      (text) => {
        const of = LogOf.safeParse(text)
        if (!of.success) return
        const key = { ...of.data, containerId: of.data.containerId ?? '0123456789ab' }
        const name = lastWordsName('swap-fuzz', key)
        expect(name).not.toMatch(/[/\\]|\.\.\//)
        expect(lastWordsKey('swap-fuzz', name)).toEqual(key)
        expect(LogOf.parse(shownKey(key))).toEqual(key)
      },
    ),
  )
})
