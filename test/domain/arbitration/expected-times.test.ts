import { expect, test } from 'vitest'
import type { PhaseName } from '../../../domain/swap.ts'
import { viewOf } from '../../../domain/arbitration/view.ts'
import { Bench, claim, deployment, swap } from './commands.ts'

const queued = { onBusy: 'queue' } as const
let ids = 0

/** A swap to this model on spark-1, phase by phase, each so many seconds long. */
function run(bench: Bench, model: string, phases: Partial<Record<PhaseName, number>>, outcome: 'completed' | 'failed' = 'completed'): void {
  const swapId = `swap-ran-${++ids}`
  bench.ask(swap(swapId, ['spark-1'], { model, restart: true }))
  for (const [phase, seconds] of Object.entries(phases)) {
    bench.take({ kind: 'swap_phase', swapId, phase: phase as PhaseName, expectedEndAt: null }) // keys of the record above
    bench.now += seconds * 1_000
  }
  const deployments = [deployment(model, ['spark-1'], { swapId })]
  bench.take({ kind: 'swap_ended', end: { swapId, outcome, left: { 'spark-1': 'target' }, deployments } })
}
const usual = { preflight: 2, stop: 8, launch: 60, warm: 20, validate: 10 }
const expected = (bench: Bench, swapId = 'swap-0001'): number | null | undefined => {
  const at = viewOf(bench.state).active.find((one) => one.swapId === swapId)?.expectedEndAt
  return at == null ? at : (at - bench.now) / 1_000
}
const phase = (bench: Bench, name: PhaseName): void => bench.take({ kind: 'swap_phase', swapId: 'swap-0001', phase: name, expectedEndAt: null })

test('nobody can say when a model that was never swapped to will be there', () => {
  const bench = Bench.ready()
  bench.ask(swap('swap-0001', ['spark-1']))
  expect(expected(bench)).toBeNull()
})

test('with each phase it is told anew when a swap should be over, by how long the phases to come usually take', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', usual)
  bench.ask(swap('swap-0001', ['spark-1']))
  expect(expected(bench)).toBe(100)
  bench.now += 5_000
  phase(bench, 'stop')
  expect(expected(bench)).toBe(98)
  bench.now += 300_000 // a stop that takes its time
  phase(bench, 'launch')
  expect(expected(bench)).toBe(90)
  phase(bench, 'warm')
  expect(expected(bench)).toBe(30)
})

test('a phase that is told twice counts from the first time', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', usual)
  bench.ask(swap('swap-0001', ['spark-1']))
  phase(bench, 'launch')
  bench.now += 10_000
  phase(bench, 'launch')
  expect(expected(bench)).toBe(80)
})

test('one slow load does not count: it is the middle one of the last three', () => {
  const bench = Bench.ready()
  for (const launch of [1_000, 60, 900, 70]) run(bench, 'qwen', { launch })
  bench.ask(swap('swap-0001', ['spark-1']))
  expect(expected(bench)).toBe(70)
})

test('only completed swaps tell how long one takes', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', { launch: 60 })
  run(bench, 'qwen', { launch: 5 }, 'failed')
  bench.ask(swap('swap-0001', ['spark-1']))
  expect(expected(bench)).toBe(60)
})

test('a swap that puts the previous model back is on a way that nobody knows', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', usual)
  bench.ask(swap('swap-0001', ['spark-1']))
  phase(bench, 'restore')
  expect(expected(bench)).toBeNull()
})

test('what an earlier version learnt is taken until the phases are known', () => {
  const bench = Bench.ready()
  bench.state = { ...bench.state, paces: [{ model: 'qwen', tookMs: 40_000 }] }
  bench.ask(swap('swap-0001', ['spark-1']))
  phase(bench, 'launch')
  expect(expected(bench)).toBe(40)
})

test('a queued swap is told when its turn should come: after all that is before it on its hosts', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', usual)
  run(bench, 'glm', { launch: 30 })
  bench.ask(swap('swap-0001', ['spark-1']))
  const [second, third] = bench.ask(swap('swap-0002', ['spark-1'], { model: 'glm', ...queued }), swap('swap-0003', ['spark-1'], queued))
  expect(second).toMatchObject({ kind: 'accepted', position: 1, expectedStartAt: bench.now + 100_000 })
  expect(third).toMatchObject({ kind: 'accepted', position: 2, expectedStartAt: bench.now + 130_000 })
  expect(viewOf(bench.state).queue.map((one) => one.expectedStartAt)).toEqual([bench.now + 100_000, bench.now + 130_000])
})

test('what should be over already may be any moment', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', usual)
  bench.ask(swap('swap-0001', ['spark-1']))
  bench.now += 150_000
  expect(bench.ask(swap('swap-0002', ['spark-1'], queued))).toMatchObject([{ expectedStartAt: bench.now }])
})

test('behind a host operation, or a model that nobody knows, a turn has no time', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', usual)
  bench.ask(claim('claim-1', ['spark-1']))
  expect(bench.ask(swap('swap-0001', ['spark-1'], queued))).toMatchObject([{ position: 1, expectedStartAt: null }])
  expect(bench.ask(swap('swap-0002', ['spark-2'], { model: 'new' }), swap('swap-0003', ['spark-2'], queued))).toMatchObject([
    { state: 'running' },
    { expectedStartAt: null },
  ])
})

test('who is refused because of those in the queue learns when the first of them should be over', () => {
  const bench = Bench.ready()
  run(bench, 'qwen', usual)
  bench.ask(swap('swap-0001', ['spark-1']), swap('swap-0002', ['spark-1', 'spark-2'], queued))
  expect(bench.ask(swap('swap-0003', ['spark-2']))).toMatchObject([
    { code: 'busy', busy: { swapId: 'swap-0002', expectedEndAt: bench.now + 200_000 } },
  ])
})
