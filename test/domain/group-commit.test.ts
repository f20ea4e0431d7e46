import { expect, test, vi, beforeEach, afterEach } from 'vitest'
import type { Command, DecideReply } from '../../domain/arbitration/command.ts'
import { swap, wish } from './arbitration/commands.ts'
import { ArbiterSilent, createBatcher, type Wish } from '../../domain/group-commit.ts'

const arbiterAheadMs = 1_000_000

beforeEach(() => vi.useFakeTimers({ now: 10_000 }))
afterEach(() => vi.useRealTimers())

interface Sent {
  readonly updateId: string
  readonly commands: readonly Command[]
}

/** A batcher whose Updates go to `decide`, with all that it sent. */
function stage(decide: (sent: Sent, times: number) => Promise<DecideReply>, more: { budgetMs?: number; maxBatch?: number } = {}) {
  const sent: Sent[] = []
  let ids = 0
  const batcher = createBatcher({
    send: (updateId, commands) => {
      sent.push({ updateId, commands })
      return decide({ updateId, commands }, sent.length)
    },
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    newId: () => `id-${++ids}`,
    ...more,
  })
  return { sent, batcher }
}

const notedAfter = async (ms: number, { commands }: Sent): Promise<DecideReply> => {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return { now: Date.now() + arbiterAheadMs, answers: commands.map(() => ({ kind: 'noted' })) }
}
const release = (name: string): Wish => ({ type: 'release', tokenHash: name })
const tokens = (commands: readonly Command[]): unknown[] => commands.map((command) => 'tokenHash' in command && command.tokenHash)

test('the clock is learnt from an empty batch, and what binds a command is in the arbiter’s clock', async () => {
  const { sent, batcher } = stage((batch) => notedAfter(10, batch))
  const answer = batcher.ask(release('a'))
  await vi.runAllTimersAsync()
  expect(await answer).toEqual({ kind: 'noted' })
  expect(sent.map(({ commands }) => commands.length)).toEqual([0, 1])
  expect(sent[1]?.commands[0]?.notAfter).toBe(10_000 + 5_000 + arbiterAheadMs)
})

test('what is asked while a batch is under way rides in the next one', async () => {
  const { sent, batcher } = stage((batch) => notedAfter(10, batch))
  void batcher.ask(release('first'))
  await vi.advanceTimersByTimeAsync(11)
  const rest = Promise.all(['a', 'b', 'c'].map((name) => batcher.ask(release(name))))
  await vi.runAllTimersAsync()
  await rest
  expect(sent.map(({ commands }) => tokens(commands))).toEqual([[], ['first'], ['a', 'b', 'c']])
})

test('callers of a full batch who ask again one after another travel together, and a lone caller waits for nobody', async () => {
  const { sent, batcher } = stage((batch) => notedAfter(10, batch))
  const names = ['a', 'b', 'c', 'd']
  const together = Promise.all(names.map((name) => batcher.ask(release(name))))
  await vi.runAllTimersAsync()
  await together
  const again = names.map(async (name, i) => {
    await new Promise((resolve) => setTimeout(resolve, i))
    return await batcher.ask(release(`${name}2`))
  })
  await vi.runAllTimersAsync()
  await Promise.all(again)
  await vi.advanceTimersByTimeAsync(1_001)
  void batcher.ask(release('lone'))
  await vi.advanceTimersByTimeAsync(0)
  expect(sent.map(({ commands }) => tokens(commands))).toEqual([[], names, ['a2', 'b2', 'c2', 'd2'], ['lone']])
})

test('a batch is never larger than its limit', async () => {
  const { sent, batcher } = stage((batch) => notedAfter(10, batch), { maxBatch: 2 })
  const all = Promise.all(['a', 'b', 'c'].map((name) => batcher.ask(release(name))))
  await vi.runAllTimersAsync()
  await all
  expect(sent.map(({ commands }) => tokens(commands))).toEqual([[], ['a', 'b'], ['c']])
})

test('a batch without a reply is sent again under the same id with the same commands', async () => {
  const { sent, batcher } = stage((batch, times) => (times === 2 || times === 3 ? Promise.reject(new Error('reset')) : notedAfter(10, batch)))
  const answer = batcher.ask(release('a'))
  await vi.runAllTimersAsync()
  expect(await answer).toEqual({ kind: 'noted' })
  expect(sent).toHaveLength(4)
  expect(sent[2]).toEqual(sent[1])
  expect(sent[3]).toEqual(sent[1])
})

test.each([
  ['Temporal that refuses connections', 'temporal_down', () => Promise.reject(new Error('refused'))],
  ['an arbiter that takes the batch and is silent', 'worker_down', () => new Promise<DecideReply>(() => undefined)],
  ['a sender that knows what is down', 'worker_down', () => Promise.reject(new ArbiterSilent('worker_down'))],
] as const)('%s: every caller is told %s when its budget ends', async (_what, code, decide) => {
  const { batcher } = stage(decide)
  const late: unknown[] = []
  for (const after of [0, 1_000, 4_999]) {
    setTimeout(() => {
      const from = Date.now()
      batcher.ask(release('a')).catch((error: unknown) => late.push([(error as ArbiterSilent).code, Date.now() - from]))
    }, after)
  }
  await vi.runAllTimersAsync()
  expect(late).toEqual([
    [code, 5_000],
    [code, 5_000],
    [code, 5_000],
  ])
})

test('after a silence the clock is asked for under one id until it is answered, so that no heap of Updates waits for the worker', async () => {
  const { sent, batcher } = stage((batch) => (Date.now() < 30_000 ? new Promise(() => undefined) : notedAfter(10, batch)))
  const answers = [0, 6_000, 12_000, 21_000].map(async (after) => {
    await new Promise((resolve) => setTimeout(resolve, after))
    return batcher.ask(release(`${after}`)).then(
      (answer) => answer.kind,
      (error: unknown) => (error as ArbiterSilent).code,
    )
  })
  await vi.runAllTimersAsync()
  expect(await Promise.all(answers)).toEqual(['worker_down', 'worker_down', 'worker_down', 'noted'])
  expect(new Set(sent.filter(({ commands }) => commands.length === 0).map(({ updateId }) => updateId)).size).toBe(1)
})

test('a command that was late only by a wrong clock is asked again while its caller still waits', async () => {
  let stepMs = 0
  const { sent, batcher } = stage(async ({ commands }) => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    const now = Date.now() + arbiterAheadMs + stepMs
    return { now, answers: commands.map(({ notAfter }) => ({ kind: notAfter < now ? 'expired' : 'noted' })) }
  })
  const before = batcher.ask(release('before'))
  await vi.runAllTimersAsync()
  await before
  stepMs = 60_000
  const after = batcher.ask(release('after'))
  await vi.runAllTimersAsync()
  expect(await after).toEqual({ kind: 'noted' })
  expect(sent.map(({ commands }) => tokens(commands))).toEqual([[], ['before'], ['after'], ['after']])
})

const swapWish = wish(swap('swap-0001', ['spark-1']))
const kinds = (sent: readonly Sent[]): string[] => sent.flatMap(({ commands }) => commands.map(({ type }) => type))
/** The first batch with a swap is decided, and its reply lost; nothing else gets through until `until`. */
const replyLostUntil = (until: number) => (batch: Sent) =>
  batch.commands.length > 0 && Date.now() < until
    ? Promise.reject(new Error('reset'))
    : Date.now() > 10_100 && Date.now() < until
      ? Promise.reject(new Error('refused'))
      : notedAfter(10, batch)

test('a swap whose caller was told that nothing was done is taken back as soon as the arbiter answers again', async () => {
  const { sent, batcher } = stage(replyLostUntil(60_000))
  const told = batcher.ask(swapWish).catch((error: unknown) => (error as ArbiterSilent).code)
  await vi.runAllTimersAsync()
  expect(await told).toBe('temporal_down')
  expect(kinds(sent).at(-1)).toBe('withdraw')
  expect(kinds(sent).filter((kind) => kind === 'withdraw')).toHaveLength(1)
})

test('unless it was asked for again under its id', async () => {
  const { sent, batcher } = stage(replyLostUntil(17_000))
  void batcher.ask(swapWish).catch(() => undefined)
  await vi.advanceTimersByTimeAsync(6_000)
  const again = batcher.ask(swapWish)
  await vi.runAllTimersAsync()
  expect(await again).toEqual({ kind: 'noted' })
  expect(kinds(sent)).not.toContain('withdraw')
})
