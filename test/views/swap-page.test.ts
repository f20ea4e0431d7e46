import { expect, test } from 'vitest'
import type { Swap } from '../../domain/swap.ts'
import { oneSwapRegions, type OneSwapData } from '../../views/swaps/one.ts'
import { swapsRegions } from '../../views/swaps/regions.ts'
import { ended, failed, models, now, status, swap } from './fixtures.ts'
import { tag, text } from './reading.ts'

const own = { of: null, host: null, container: null, container_id: null, bytes: 18_231, saved_at: now }
const lastWords = {
  of: 'spark-1/vllm_node/3f2a9c1b04de',
  host: 'spark-1',
  container: 'vllm_node',
  container_id: '3f2a9c1b04de',
  bytes: 96_410,
  saved_at: now,
}
const shown = (of: Swap, more: Partial<OneSwapData> = {}) =>
  oneSwapRegions({
    status: status(),
    models,
    swap: { known: true, value: { swap: of, progress: null } },
    logs: { known: true, value: { logs: [own, lastWords] } },
    log: { known: true, value: { of: null, lines: ['first', 'last'], offset: 0, next_offset: 10, bytes: 10 } },
    of: null,
    ...more,
  })

test('an ended swap says how, why, what each host was left with, and shows its log', () => {
  const { swap: about, log } = shown({ ...failed, left: { 'spark-1': 'previous' } })
  expect(text(about!)).toContain('Swap to gpt-oss 120B Put back')
  expect(text(about!)).toContain('The model is gated on Hugging Face')
  expect(text(about!)).toContain('spark-1 was left with the previous model')
  expect(tag(about!, `cancel-${failed.swap_id}`)).toBe('')
  expect(text(log!)).toContain('2 lines as plain text first last')
})

test('the last words of what it stopped are a click away', () => {
  const { log } = shown(failed)
  expect(log!.toString()).toContain(`/swaps?id=${failed.swap_id}&amp;of=spark-1%2Fvllm_node%2F3f2a9c1b04de`)
  expect(text(log!)).toContain('vllm_node on spark-1, as it was stopped (94 KiB)')
  expect(text(shown(failed, { of: lastWords.of })['log']!)).toContain('Last words of spark-1/vllm_node/3f2a9c1b04de')
})

test('a log that is longer says that only its end is shown', () => {
  const log = { known: true as const, value: { of: null, lines: ['x', 'y'], offset: 100, next_offset: 104, bytes: 104 } }
  expect(text(shown(failed, { log })['log']!)).toContain('the last 2 lines')
})

test('a running swap can be cancelled from its page', () => {
  expect(tag(shown(swap())['swap']!, 'cancel-swap-00000002')).not.toBe('')
})

test('a swap that nobody knows is said to be unknown, and no log is shown for it', () => {
  const problem = { type: 't', title: 'No such swap', status: 404, code: 'unknown_swap' as const, detail: 'd', advice: 'a', request_id: '' }
  const { swap: about, log } = shown(failed, { swap: { known: false, problem } })
  expect(text(about!)).toContain('No such swap')
  expect(tag(log!, 'log')).toContain('hidden')
})

test('all swaps can be paged through, and those that run say how far they are', () => {
  const page = { known: true as const, value: { swaps: [swap(), ended('completed')], next: 'abc' } }
  const list = swapsRegions({ status: status(), models, page, before: null, model: null })['swaps']!
  expect(text(list)).toContain('launch Swap to Qwen3 30B A3B')
  expect(text(list)).toContain('Completed Swap to Qwen3 30B A3B')
  expect(list.toString()).toContain('href="/swaps?before=abc"')
})
