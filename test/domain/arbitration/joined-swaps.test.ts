import { expect, test } from 'vitest'
import type { SwapCommand } from '../../../domain/arbitration/command.ts'
import { outboxOf } from '../../../domain/arbitration/outbox.ts'
import { acquire, Bench, command, hash, swap } from './commands.ts'

const same = { identity: 'the same launch', onBusy: 'queue' } as const
const again = (swapId: string, more: Partial<SwapCommand> = {}) => swap(swapId, ['spark-1'], { ...same, ...more })
const end = (bench: Bench, swapId: string): void =>
  bench.take({ kind: 'swap_ended', end: { swapId, outcome: 'completed', left: { 'spark-1': 'empty' }, deployments: [] } })

/** One that runs on spark-1. */
function running(more: Partial<SwapCommand> = {}): Bench {
  const bench = Bench.ready()
  bench.ask(again('swap-0001', more))
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  return bench
}

test('the same model wanted once more on the same hosts joins the swap that runs to it', () => {
  const bench = running()
  expect(bench.ask(again('swap-0002'))).toEqual([
    { kind: 'accepted', swapId: 'swap-0001', joined: true, state: 'running', fence: bench.state.fence, hosts: ['spark-1'], position: null },
  ])
  expect(bench.effects).toEqual([])
  expect(bench.queue).toEqual([])
})

test('a hundred at once are one swap', () => {
  const bench = Bench.ready()
  const answers = bench.ask(...Array.from({ length: 100 }, (_, n) => again(`swap-${String(n).padStart(4, '0')}`)))
  expect(new Set(answers.map((answer) => (answer.kind === 'accepted' ? answer.swapId : answer.kind)))).toEqual(new Set(['swap-0000']))
  expect(bench.done('start_swap')).toHaveLength(1)
})

test('it joins the last one in the queue there, and none before it: what lies between would undo that one', () => {
  const bench = running()
  bench.ask(swap('swap-0002', ['spark-1'], { model: 'glm', onBusy: 'queue' }))
  expect(bench.ask(again('swap-0003'))).toMatchObject([{ swapId: 'swap-0003', state: 'queued', position: 2 }])
  expect(bench.ask(again('swap-0004'))).toMatchObject([{ swapId: 'swap-0003', state: 'queued', position: 2, joined: true, expectedStartAt: null }])
})

test.each<[string, Partial<SwapCommand>]>([
  ['another model', { model: 'glm' }],
  ['with other knobs', { identity: 'another launch' }],
  ['on more hosts', { hosts: ['spark-1', 'spark-2'] }],
  ['that leaves its hosts empty when it fails', { onFailure: 'leave' }],
  ['that drains for longer', { drainS: 60 }],
  ['that fails where requests go on', { onDrainTimeout: 'fail' }],
  ['that wants a restart', { restart: true }],
  ['that is forced', { force: true, reason: 'now' }],
])('a swap of its own has a place of its own: one %s', (_what, more) => {
  const bench = running()
  expect(bench.ask(again('swap-0002', more))).toMatchObject([{ swapId: 'swap-0002', state: 'queued' }])
})

test('a token of its own has a place of its own', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), again('swap-0001', { tokenHash: hash('ann') }), command('release', { tokenHash: hash('ann') }))
  expect(bench.ask(again('swap-0002'))).toMatchObject([{ swapId: 'swap-0002', state: 'queued' }])
})

test.each<[string, (bench: Bench) => void]>([
  ['a restart', () => undefined],
  ['about to be cancelled', (bench) => bench.ask(command('withdraw', { swapId: 'swap-0001', reason: 'x' }))],
  ['putting back the previous model', (bench) => bench.take({ kind: 'swap_phase', swapId: 'swap-0001', phase: 'restore', expectedEndAt: null })],
])('nobody joins a swap that is %s', (what, before) => {
  const bench = running({ restart: what === 'a restart' })
  before(bench)
  expect(bench.ask(again('swap-0002'))).toMatchObject([{ swapId: 'swap-0002', state: 'queued' }])
})

test('whoever does not queue is busy, also with the same model', () => {
  expect(running().kind(again('swap-0002', { onBusy: 'reject' }))).toBe('busy')
})

test('a joined request that is repeated is answered with that swap, also after its end; another one under its id is refused', () => {
  const bench = running()
  bench.ask(again('swap-0002'))
  end(bench, 'swap-0001')
  bench.now += 23 * 3_600_000
  expect(bench.ask(again('swap-0002'))).toEqual([
    { kind: 'accepted', swapId: 'swap-0001', joined: true, state: 'running', fence: null, hosts: ['spark-1'], position: null },
  ])
  expect(bench.kind(again('swap-0002', { requestHash: hash('other') }))).toBe('id_reused')
  expect(bench.effects).toEqual([])
})

test('a crowd of requests without a key does not push out one that was asked for under a key', () => {
  const bench = running()
  bench.ask(again('key-0000000000000000000000000001'))
  for (let n = 0; n < 300; n++) bench.ask(again(`swap-${String(n + 2).padStart(4, '0')}`))
  end(bench, 'swap-0001')
  expect(bench.ask(again('key-0000000000000000000000000001'))).toMatchObject([{ kind: 'accepted', swapId: 'swap-0001', joined: true }])
})

test('the run of a schedule that joins another’s swap has come: it is told under its own id', () => {
  const bench = running()
  bench.ask(again('swap-0002', { schedule: 'nightly' }), again('swap-0003'))
  expect(outboxOf(bench.state).slice(1)).toMatchObject([
    { id: 'evt_swap-0002_joined', type: 'schedule_run', schedule: 'nightly', swapId: 'swap-0001', result: 'joined' },
  ])
})
