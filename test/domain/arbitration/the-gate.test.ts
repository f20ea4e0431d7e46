import { expect, test } from 'vitest'
import { outboxOf } from '../../../domain/arbitration/outbox.ts'
import { launchIdentity, Model } from '../../../domain/model.ts'
import { acquire, Bench, claim, command, deployment, hash, start, swap } from './commands.ts'

const both = ['spark-1', 'spark-2']
const model = Model.parse({
  ...{ key: 'qwen', name: 'Qwen', repo: 'Qwen/Qwen3', local_path: null, local: false, launcher: 'docker', image: 'vllm', container: 'vllm_node' },
  ...{
    placement: ['spark-1'],
    served_name: 'qwen',
    knobs: {},
    env: {},
    memory_gib: null,
    weights_gib: null,
    checks: [],
    launch_s: 60,
    launch_stall_s: 60,
  },
  ...{ notes: null, source: null },
})
const serving = deployment('qwen', ['spark-1'], { snapshot: model })
const healthyNow = { look: { ageMs: 2_000, healthy: true }, identity: launchIdentity(model) }

test.each<[string, (bench: Bench) => void, Parameters<typeof swap>[1], Parameters<typeof swap>[2], string]>([
  ['free hosts start it', () => undefined, ['spark-1'], {}, 'accepted'],
  ['a host that is not in the cluster', () => undefined, ['spark-9'], {}, 'unknown_host'],
  ['an unload that names no host while nothing is deployed', () => undefined, null, { model: null }, 'ambiguous_unload'],
  ['a reservation of someone else', (b) => b.ask(acquire('ann')), ['spark-1'], {}, 'reserved'],
  [
    'a reservation of someone else, and a token that is not current',
    (b) => b.ask(acquire('ann')),
    ['spark-1'],
    { tokenHash: hash('old') },
    'reserved',
  ],
  ['the holder’s own token', (b) => b.ask(acquire('ann')), ['spark-1'], { tokenHash: hash('ann') }, 'accepted'],
  ['a token that nobody holds', () => undefined, ['spark-1'], { tokenHash: hash('old') }, 'lock_stale'],
  ['a reservation of other hosts', (b) => b.ask(acquire('ann', { hosts: ['spark-2'] })), ['spark-1'], {}, 'accepted'],
  ['force without a reason', (b) => b.ask(acquire('ann')), ['spark-1'], { force: true }, 'reserved'],
  ['force with a reason', (b) => b.ask(acquire('ann')), ['spark-1'], { force: true, reason: 'on fire' }, 'accepted'],
  ['a running swap', (b) => b.ask(swap('swap-0001', ['spark-1'])), ['spark-1'], {}, 'busy'],
  ['force against a running swap', (b) => b.ask(swap('swap-0001', ['spark-1'])), ['spark-1'], { force: true, reason: 'on fire' }, 'busy'],
  ['a running swap, with on_busy: queue', (b) => b.ask(swap('swap-0001', ['spark-1'])), ['spark-1'], { onBusy: 'queue' }, 'accepted'],
  ['a running host operation', (b) => b.ask(claim('claim-1', ['spark-1'])), ['spark-1'], {}, 'busy'],
  ['a host in quarantine', (b) => quarantined(b), ['spark-2'], {}, 'quarantined'],
  ['a host that is looked at', (b) => terminated(b), ['spark-1'], {}, 'surveying'],
  ['a host that is off', (b) => terminated(b, { reachable: false, code: 'host_unreachable' }), ['spark-1'], {}, 'surveying'],
  ['a host of another cluster', (b) => terminated(b, { foreignCluster: 'other' }), ['spark-1'], {}, 'foreign_cluster'],
  ['a host whose key changed', (b) => terminated(b, { reachable: false, code: 'host_key_changed' }), ['spark-1'], {}, 'host_key_changed'],
  ['a host beside one that is off', (b) => terminated(b, { reachable: false, code: 'host_unreachable' }), ['spark-2'], {}, 'accepted'],
])('%s', (_title, before, hosts, more, kind) => {
  const bench = Bench.ready(both)
  before(bench)
  expect(bench.kind(swap('swap-0009', hosts, more))).toBe(kind)
})

test.each([['spark-1: no key is pinned'], ['no key is pinned']])('a host that refuses is named once: %s', (cause) => {
  const bench = Bench.ready(both)
  terminated(bench, { reachable: false, code: 'host_key_unknown', cause })
  expect(bench.ask(swap('swap-0009', ['spark-1']))).toMatchObject([{ kind: 'refused', message: 'spark-1: no key is pinned' }])
})

test('a command that comes too late has no effect at all', () => {
  const bench = Bench.ready(both)
  const before = bench.state
  for (const late of [swap('swap-0001', ['spark-1']), acquire('ann'), claim('claim-1', ['spark-1'])]) {
    expect(bench.kind({ ...late, notAfter: start - 1 })).toBe('expired')
    expect(bench.effects).toEqual([])
  }
  expect(bench.state).toEqual(before)
})

test('a refused force ends no reservation; one that is accepted ends just those that it overrode', () => {
  const bench = Bench.ready()
  bench.ask(
    acquire('ann', { hosts: ['spark-1'] }),
    acquire('bob', { hosts: ['spark-2'] }),
    swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') }),
  )
  const forced = { force: true, reason: 'on fire' }
  expect(bench.kind(swap('swap-0002', ['spark-1'], forced))).toBe('busy')
  expect(bench.state.reservations).toHaveLength(2)
  expect(bench.kind(swap('swap-0003', ['spark-1'], { ...forced, onBusy: 'queue' }))).toBe('accepted')
  expect(bench.state.reservations.map((held) => held.holder)).toEqual(['bob'])
})

test('a swap is busy on every host of what it displaces', () => {
  const bench = Bench.ready(both, [deployment('wide', both)])
  bench.ask(swap('swap-0001', ['spark-1']))
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  expect(bench.effects).toMatchObject([{ go: { hosts: ['spark-1'], affectedHosts: both, displaced: [{ model: 'wide' }] } }])
  expect(bench.kind(swap('swap-0002', ['spark-2']))).toBe('busy')
})

test('someone else’s reservation of a host of what is displaced refuses the swap', () => {
  const bench = Bench.ready(both, [deployment('wide', both)])
  bench.ask(acquire('ann', { hosts: ['spark-2'] }))
  expect(bench.kind(swap('swap-0001', ['spark-1']))).toBe('reserved')
})

test('a displaced deployment’s other host may be off: the swap goes on and finds that out', () => {
  const bench = Bench.ready(both, [deployment('wide', both)])
  bench.state = {
    ...bench.state,
    hosts: bench.state.hosts.map((one) => (one.host === 'spark-2' ? { ...one, state: 'unreachable', retryAt: start + 1 } : one)),
  }
  expect(bench.kind(swap('swap-0001', ['spark-1']))).toBe('accepted')
  expect(bench.kind(swap('swap-0002', ['spark-2']))).toBe('surveying')
})

test('an unload without hosts is clear when there is exactly one deployment', () => {
  expect(Bench.ready(both, [serving]).kind(swap('swap-0001', null, { model: null }))).toBe('accepted')
  const two = [serving, deployment('glm', ['spark-2'])]
  expect(Bench.ready(both, two).kind(swap('swap-0001', null, { model: null }))).toBe('ambiguous_unload')
})

test.each([
  ['the same model, knobs and hosts, seen healthy two seconds ago', {}, 'already_serving'],
  ['with restart', { restart: true }, 'accepted'],
  ['seen healthy eleven seconds ago', { look: { ageMs: 11_000, healthy: true } }, 'accepted'],
  ['seen ill', { look: { ageMs: 0, healthy: false } }, 'accepted'],
  ['with other knobs', { identity: 'other' }, 'accepted'],
  ['on more hosts', { hosts: both }, 'accepted'],
  ['another model', { model: 'glm' }, 'accepted'],
])('already serving: %s', (_title, more, kind) => {
  expect(Bench.ready(both, [serving]).kind(swap('swap-0001', ['spark-1'], { ...healthyNow, ...more }))).toBe(kind)
})

test('the run of a schedule whose model serves already has come: it is told, once however often it is asked', () => {
  const bench = Bench.ready(both, [serving])
  bench.ask(swap('swap-0001', ['spark-1'], { ...healthyNow, schedule: 'nightly' }), swap('swap-0002', ['spark-1'], healthyNow))
  bench.ask(swap('swap-0001', ['spark-1'], { ...healthyNow, schedule: 'nightly' }))
  const told = outboxOf(bench.state)
  expect(told).toMatchObject([
    { id: 'evt_swap-0001_served', type: 'schedule_run', schedule: 'nightly', hosts: ['spark-1'], result: 'already_serving' },
  ])
  expect(told[0]).not.toHaveProperty('swapId')
})

test('what is about to be replaced is not said to serve already', () => {
  const bench = Bench.ready(both, [serving])
  bench.ask(swap('swap-0001', ['spark-1'], { model: 'glm' }))
  expect(bench.kind(swap('swap-0002', ['spark-1'], healthyNow))).toBe('busy')
})

test('the same request under the same id is answered as before; another one under that id is refused', () => {
  const bench = Bench.ready(both)
  const first = swap('swap-0001', ['spark-1'])
  const [answer] = bench.ask(first)
  expect(bench.ask({ ...first, id: 'again' })).toEqual([answer])
  expect(bench.effects).toEqual([])
  expect(bench.kind(swap('swap-0001', ['spark-1'], { requestHash: hash('other') }))).toBe('id_reused')
})

test('go is sent when the start is confirmed, and not before', () => {
  const bench = Bench.ready(both)
  bench.ask(swap('swap-0001', ['spark-1']))
  expect(bench.effects.map((effect) => effect.kind)).toEqual(['start_swap'])
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  expect(bench.effects).toMatchObject([{ kind: 'send_go', go: { fence: bench.state.fence } }])
})

test('an id that was used before frees its hosts again: nothing was done under that grant', () => {
  const bench = Bench.ready(both)
  bench.ask(swap('swap-0001', ['spark-1']))
  bench.take({ kind: 'swap_not_started', swapId: 'swap-0001' })
  expect(bench.active).toEqual([])
  expect(bench.hostState('spark-1')).toBe('known')
})

test('a claim passes the same gate and never waits', () => {
  const bench = Bench.ready(both)
  bench.ask(swap('swap-0001', ['spark-1']), acquire('ann', { hosts: ['spark-2'] }))
  expect(bench.kind(claim('claim-1', ['spark-1']))).toBe('busy')
  expect(bench.kind(claim('claim-2', ['spark-2']))).toBe('reserved')
  expect(bench.kind(claim('claim-3', ['spark-2'], { tokenHash: hash('ann') }))).toBe('claimed')
  expect(bench.kind(claim('claim-4', ['spark-9']))).toBe('unknown_host')
  bench.ask(command('end_claim', { claimId: 'claim-3' }))
  expect(bench.state.claims).toEqual([])
})

test('a repeated claim has the same fence, also after it ended', () => {
  const bench = Bench.ready(both)
  const one = claim('claim-1', ['spark-1'], { notAfter: start + 5_000 })
  const [first] = bench.ask(one)
  expect(bench.ask(one)).toEqual([first])
  bench.ask(command('end_claim', { claimId: 'claim-1' }))
  expect(bench.ask(one)).toEqual([first])
  expect(bench.state.claims).toEqual([])
})

test('a wider grant is all or nothing, and has a higher fence', () => {
  const bench = Bench.ready()
  bench.ask(swap('swap-0001', ['spark-1']), claim('claim-1', ['spark-3']))
  const { fence } = bench.state
  expect(bench.kind(command('widen', { swapId: 'swap-0001', hosts: ['spark-2', 'spark-3'] }))).toBe('busy')
  const [wider] = bench.ask(command('widen', { swapId: 'swap-0001', hosts: ['spark-2'] }))
  expect(wider).toMatchObject({ kind: 'go', go: { fence: fence + 1, affectedHosts: both } })
  expect(bench.ask(command('widen', { swapId: 'swap-0001', hosts: ['spark-2'] }))).toEqual([wider])
})

test('the queue has an end', () => {
  const bench = Bench.ready(both)
  const kinds = Array.from({ length: 70 }, (_, n) => bench.kind(swap(`swap-1${String(n).padStart(3, '0')}`, ['spark-1'], { onBusy: 'queue' })))
  expect(kinds.indexOf('queue_full')).toBe(65)
})

function terminated(bench: Bench, found?: Parameters<Bench['survey']>[1]): void {
  bench.ask(swap('swap-0001', ['spark-1']))
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  bench.ask(command('report_closed', { closed: [{ workflowId: 'swap/demo/swap-0001', status: 'terminated' }] }))
  if (found !== undefined) bench.survey('spark-1', found)
}

function quarantined(bench: Bench): void {
  bench.state = { ...bench.state, deployments: [deployment('wide', both)] }
  bench.ask(swap('swap-0001', ['spark-1']))
  const left = { 'spark-1': 'empty', 'spark-2': 'unknown' } as const
  bench.take({ kind: 'swap_ended', end: { swapId: 'swap-0001', outcome: 'completed', left, deployments: [] } })
}
