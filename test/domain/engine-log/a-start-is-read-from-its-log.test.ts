import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { causeOfDeath, fatalSign } from '../../../domain/engine-failure.ts'
import { lastWordsText } from '../../../domain/engine-log/last-words.ts'
import { afterLine, notStarted, showProgress, type EngineProgress } from '../../../domain/engine-log/progress.ts'
import { inOrder, readLogLine } from '../../../domain/engine-log.ts'

const logOf = (name: string): string[] =>
  readFileSync(new URL(`logs/${name}.txt`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')

/** Each state that a reader of the whole log is shown, in order. */
function shown(lines: readonly string[]): string[] {
  const states: string[] = []
  lines.reduce((progress: EngineProgress, line) => {
    const next = afterLine(progress, line)
    if (next !== progress) states.push(showProgress(next))
    return next
  }, notStarted)
  return states
}

test('a start of vLLM 0.17 on one Spark goes through every stage', () => {
  expect(shown(logOf('vllm-0.17-one-spark'))).toEqual([
    'loading weights',
    'loading weights 0%',
    'loading weights 56%',
    'loading weights 100%',
    'weights loaded',
    'compiling',
    'sizing the KV cache',
    'capturing graphs 64%',
    'capturing graphs 100%',
    'capturing decode graphs 29%',
    'capturing decode graphs 100%',
    'graphs captured',
    'engine ready',
    'serving',
  ])
})

test('two ranks of an older vLLM write into one log, and the progress follows the one that is ahead', () => {
  expect(shown(logOf('vllm-0.10-two-ranks'))).toEqual([
    'loading weights',
    'loading weights 5%',
    'loading weights 88%',
    'loading weights 100%',
    'weights loaded',
    'compiling',
    'sizing the KV cache',
    'capturing graphs 45%',
    'capturing graphs 100%',
    'graphs captured',
    'engine ready',
    'serving',
  ])
})

test('vLLM 0.32 on a CPU, as it printed it, goes through the stages that it has', () => {
  expect(shown(logOf('vllm-0.32-cpu'))).toEqual([
    'loading weights',
    'loading weights 0%',
    'loading weights 100%',
    'weights loaded',
    'sizing the KV cache',
    'engine ready',
    'serving',
  ])
})

test('llama.cpp is read as well', () => {
  expect(shown(logOf('llama-cpp'))).toEqual(['loading weights', 'weights loaded', 'serving'])
})

test.each(['vllm-0.17-one-spark', 'vllm-0.10-two-ranks', 'vllm-0.32-cpu', 'llama-cpp'])(
  'nothing in a good start (%s) is taken for its end',
  (name) => {
    expect(
      logOf(name)
        .map(fatalSign)
        .filter((sign) => sign !== null),
    ).toEqual([])
  },
)

test('a bar that redraws itself without a newline is followed drawing by drawing', () => {
  const bar = [0, 11, 100].map((percent) => `\rLoading safetensors checkpoint shards: ${String(percent)}% Completed | 0/9`).join('')
  expect(shown(readLogLine(`2026-11-24T05:00:00.1Z ${bar}`).map(({ text }) => text))).toEqual([
    'loading weights 0%',
    'loading weights 11%',
    'loading weights 100%',
  ])
})

/** Real lines cut, glued and sprinkled with anything. */
const real = [...logOf('vllm-0.17-one-spark'), ...logOf('vllm-0.10-two-ranks'), ...logOf('vllm-0.32-cpu'), ...logOf('llama-cpp')]
const anyBytes = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('utf8'))
const piece = fc.tuple(fc.constantFrom(...real), fc.nat(200), fc.nat(200)).map(([line, from, length]) => line.slice(from, from + length))
const anyLine = fc.oneof(
  anyBytes,
  fc.constantFrom(...real),
  fc.tuple(piece, anyBytes, piece).map((parts) => parts.join('')),
)

test('whatever an engine prints, nothing throws, a percentage is one, and progress never goes back within a stage', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 60 }), (lines) => {
      let progress = notStarted
      const seen = new Set<string>()
      for (const { text } of lines.flatMap(readLogLine)) {
        const next = afterLine(progress, text)
        if (next.percent !== null) expect(next.percent >= 0 && next.percent <= 100).toBe(true)
        if (next.stage === progress.stage) expect(next.percent ?? 0).toBeGreaterThanOrEqual(progress.percent ?? 0)
        else expect(seen.has(next.stage)).toBe(false)
        seen.add(progress.stage)
        progress = next
      }
      const cause = causeOfDeath(lines, 'engine_exited')
      expect(cause.line === null || lines.some((line) => line.includes(cause.line?.slice(0, 20) ?? ''))).toBe(true)
    }),
  )
})

test('last words are bounded in lines and bytes, in order, without a secret, whatever there was', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { maxLength: 80 }), (lines) => {
      const stamped = lines.map((line, i) => `2026-11-24T05:00:00.${String(i).padStart(9, '0')}Z ${line}`)
      const text = lastWordsText([...stamped.slice(3), ...stamped.slice(0, 3)].join('\n'))
      expect(text).not.toMatch(/sk-not-for-eyes|[\u0000-\u0008\r]/)
      expect(text === '' || text.endsWith('\n')).toBe(true)
      const times = text.split('\n').flatMap((line) => /^2026-\S+Z/.exec(line)?.[0] ?? [])
      expect(times).toEqual(inOrder(times.join('\n')))
    }),
  )
  const long = Array.from(
    { length: 5_000 },
    (_, i) => `2026-11-24T05:00:00.${String(i).padStart(9, '0')}Z ${'ä'.repeat(i < 4_000 ? 5_000 : 2_000)} ${String(i)}`,
  )
  const text = lastWordsText(long.join('\n'))
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000)
  expect(text).toContain('.000004999Z')
  expect(lastWordsText(Array.from({ length: 5_000 }, (_, i) => `line ${String(i)}`).join('\n')).split('\n')).toHaveLength(2_001)
})
