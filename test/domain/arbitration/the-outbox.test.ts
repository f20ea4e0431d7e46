import { expect, test } from 'vitest'
import { drained, outboxOf } from '../../../domain/arbitration/outbox.ts'
import type { Noted, OutboxEntry } from '../../../domain/events.ts'
import { acquire, Bench, claim, command, hash, start, swap } from './commands.ts'

const ann = { name: 'ann', address: '192.0.2.7' }
const told = (bench: Bench): readonly OutboxEntry[] => outboxOf(bench.state)
const types = (bench: Bench): string[] => told(bench).map((entry) => entry.type)
const begin = (bench: Bench, swapId: string): void => bench.take({ kind: 'swap_started', swapId })
const end = (bench: Bench, swapId: string, host = 'spark-1'): void =>
  bench.take({ kind: 'swap_ended', end: { swapId, outcome: 'completed', left: { [host]: 'empty' }, deployments: [] } })
/** Lets time pass as it does for an arbiter that is at work. */
function pass(bench: Bench, seconds: number): void {
  for (let s = 0; s < seconds; s++) {
    bench.now += 1_000
    bench.take({ kind: 'woken' })
  }
}
/** Nobody has anything to do with the tests' own events any more. */
const drain = (bench: Bench): void => bench.take({ kind: 'drained', upTo: Infinity })
const note = (...entries: Noted[]) => command('note', { entries })

test('a reservation’s whole life is told: who, what was, what is, under one fence', () => {
  const bench = Bench.ready()
  bench.ask(acquire('night cron', { hosts: ['spark-1'], purpose: 'digest', schedule: 'nightly', by: ann }))
  bench.now += 1_000
  bench.ask(command('extend', { tokenHash: hash('night cron'), ttlS: 600, by: ann }))
  bench.ask(command('release', { tokenHash: hash('night cron') }))
  const { fence } = bench.state
  const shown = { holder: 'night cron', purpose: 'digest', hosts: ['spark-1'], acquired_at: '1970-01-01T00:16:40.000Z', fence }
  expect(told(bench)).toMatchObject([
    { id: `evt_lock_${fence}_acquired`, type: 'lock_acquired', by: ann, hosts: ['spark-1'], schedule: 'nightly', fence, after: shown },
    { type: 'lock_extended', by: ann, fence, before: { expires_at: '1970-01-01T00:26:40.000Z' }, after: { expires_at: '1970-01-01T00:26:41.000Z' } },
    { id: `evt_lock_${fence}_released`, type: 'lock_released', by: { name: 'night cron', address: null }, fence, before: shown },
  ])
})

test('each entry has a higher seq than the one before, also over runs; a fresh arbiter begins above all that an earlier one can have told', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'), command('release', { tokenHash: hash('ann') }))
  const seqs = told(bench).map((entry) => entry.seq)
  expect(seqs).toEqual([start * 1000, start * 1000 + 1])
  drain(bench)
  bench.ask(acquire('bob'))
  expect(told(bench).map((entry) => entry.seq)).toEqual([start * 1000 + 2])
})

test('what is written down is dropped, what came meanwhile stays', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'))
  const [first] = told(bench)
  bench.ask(command('release', { tokenHash: hash('ann') }))
  bench.take({ kind: 'drained', upTo: first?.seq ?? 0 })
  expect(types(bench)).toEqual(['lock_released'])
})

test('refusals are not told', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'))
  drain(bench)
  bench.ask(acquire('bob'), swap('swap-0001', ['spark-1']), command('release', { tokenHash: hash('bob') }), claim('claim-1', ['spark-1']))
  expect(types(bench)).toEqual([])
})

test('extensions in a row are one entry, from the first to the last; the drain that has seen an earlier one gets the later too', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { hosts: ['spark-1'] }), acquire('bob', { hosts: ['spark-2'] }))
  drain(bench)
  const seen: number[] = []
  for (let n = 0; n < 3; n++) {
    bench.now += 1_000
    bench.ask(command('extend', { tokenHash: hash('ann'), ttlS: 600 }), command('extend', { tokenHash: hash('bob'), ttlS: 600 }))
    seen.push(...told(bench).map((entry) => entry.seq))
  }
  expect(types(bench)).toEqual(['lock_extended', 'lock_extended'])
  expect(told(bench)[0]).toMatchObject({ before: { expires_at: '1970-01-01T00:26:40.000Z' }, after: { expires_at: '1970-01-01T00:26:43.000Z' } })
  expect(new Set(seen).size).toBe(6)
})

test('an extension that changes nothing is none', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann'))
  drain(bench)
  bench.ask(command('extend', { tokenHash: hash('ann'), ttlS: 60 }))
  expect(types(bench)).toEqual([])
})

test('a holder is warned once when four fifths of its time are over, and anew after an extension; then it ends', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 10 }))
  drain(bench)
  pass(bench, 7)
  expect(types(bench)).toEqual([])
  pass(bench, 1)
  expect(types(bench)).toEqual(['lock_expiring'])
  pass(bench, 1)
  bench.ask(command('extend', { tokenHash: hash('ann'), ttlS: 10 }))
  pass(bench, 10)
  expect(types(bench)).toEqual(['lock_expiring', 'lock_extended', 'lock_expiring', 'lock_expired'])
  expect(told(bench).at(-1)).toMatchObject({ by: null, before: { holder: 'ann' } })
})

test('while a swap of its own runs a holder is not warned; the minute after it has a warning of its own', () => {
  const bench = Bench.ready()
  bench.ask(acquire('ann', { ttlS: 10 }), swap('swap-0001', ['spark-1'], { tokenHash: hash('ann') }))
  pass(bench, 300)
  expect(types(bench)).toEqual(['lock_acquired'])
  end(bench, 'swap-0001')
  pass(bench, 40)
  expect(types(bench)).toEqual(['lock_acquired', 'swap_complete'])
  pass(bench, 10)
  expect(types(bench)).toEqual(['lock_acquired', 'swap_complete', 'lock_expiring'])
  pass(bench, 10)
  expect(types(bench)).toEqual(['lock_acquired', 'swap_complete', 'lock_expiring', 'lock_expired'])
})

test('a force tells of the old holder and the new one, by whom and why; so does a swap that overrides, and a person with only Temporal’s page', () => {
  const bench = Bench.ready()
  const forced = () => told(bench).filter((entry) => entry.type === 'lock_forced')
  bench.ask(acquire('one'), command('force_release', { reason: 'on fire', hosts: null, by: ann }))
  expect(forced()).toMatchObject([{ by: ann, reason: 'on fire', before: { holder: 'one' }, after: null }])
  drain(bench)
  bench.ask(acquire('two'), swap('swap-0001', ['spark-1'], { force: true, reason: 'now', holder: 'eve', by: ann }))
  expect(forced()).toMatchObject([{ by: ann, reason: 'now', swapId: 'swap-0001', before: { holder: 'two' }, after: { holder: 'eve' } }])
  drain(bench)
  bench.ask(acquire('three'))
  bench.take({ kind: 'forced_by_hand', hosts: null, reason: 'nobody answers the phone', by: 'bob' })
  expect(forced()).toMatchObject([{ by: { name: 'bob', address: null }, reason: 'nobody answers the phone', before: { holder: 'three' } }])
})

test('a swap is told of when its workflow is there: queued, then started when its turn comes', () => {
  const bench = Bench.ready()
  const asked = { by: ann, schedule: 'nightly', onBusy: 'queue' } as const
  bench.ask(swap('swap-0001', ['spark-1'], asked), swap('swap-0002', ['spark-1'], asked))
  expect(types(bench)).toEqual([])
  begin(bench, 'swap-0001')
  begin(bench, 'swap-0002')
  const { fence } = bench.state
  end(bench, 'swap-0001')
  expect(told(bench)).toMatchObject([
    { id: 'evt_swap-0001_started', type: 'swap_started', swapId: 'swap-0001', by: ann, schedule: 'nightly', fence, hosts: ['spark-1'] },
    { id: 'evt_swap-0002_queued', type: 'swap_queued', swapId: 'swap-0002', by: ann, after: { model: 'qwen' } },
    { id: 'evt_swap-0001_ended', type: 'swap_complete', swapId: 'swap-0001', result: 'completed' },
    { id: 'evt_swap-0002_started', type: 'swap_started', swapId: 'swap-0002', fence: fence + 1 },
  ])
})

test('the end of a swap comes before the start of the next one on its hosts, and the swap’s own word a moment later adds nothing', () => {
  const bench = Bench.ready()
  bench.ask(swap('swap-0001', ['spark-1'], { onBusy: 'queue' }), swap('swap-0002', ['spark-1'], { onBusy: 'queue' }))
  begin(bench, 'swap-0001')
  begin(bench, 'swap-0002')
  bench.ask(command('report_closed', { closed: [{ workflowId: 'swap/demo/swap-0001', status: 'terminated' }] }))
  bench.ask(note({ id: 'evt_swap-0001_ended', type: 'swap_failed', swapId: 'swap-0001', result: 'terminated' }))
  expect(types(bench)).toEqual(['swap_started', 'swap_queued', 'swap_failed'])
  expect(told(bench).at(-1)).toMatchObject({ id: 'evt_swap-0001_ended', result: 'terminated' })
})

test('a swap that never came to be leaves no trace', () => {
  const bench = Bench.ready()
  bench.ask(swap('swap-0001', ['spark-1']))
  bench.take({ kind: 'swap_not_started', swapId: 'swap-0001' })
  bench.ask(swap('swap-0002', ['spark-1']), command('withdraw', { swapId: 'swap-0002', reason: 'its caller is gone' }))
  expect(types(bench)).toEqual([])
})

test('who asked for a swap’s end is told once', () => {
  const bench = Bench.ready()
  bench.ask(swap('swap-0001', ['spark-1']))
  begin(bench, 'swap-0001')
  const withdraw = command('withdraw', { swapId: 'swap-0001', reason: 'not needed', by: ann })
  bench.ask(withdraw, withdraw)
  expect(told(bench).slice(1)).toMatchObject([{ type: 'swap_cancel_requested', swapId: 'swap-0001', by: ann, reason: 'not needed' }])
})

test('a host operation is told of when it begins and when it ends, also when that was only found out', () => {
  const bench = Bench.ready()
  bench.ask(claim('claim-1', ['spark-1'], { by: ann }), command('end_claim', { claimId: 'claim-1' }), command('end_claim', { claimId: 'claim-1' }))
  bench.ask(claim('claim-2', ['spark-2']), command('report_closed', { closed: [{ workflowId: 'operation/claim-2', status: 'terminated' }] }))
  expect(told(bench)).toMatchObject([
    { type: 'host_operation', by: ann, hosts: ['spark-1'], reason: 'disk', result: 'begun' },
    { type: 'host_operation', hosts: ['spark-1'], result: 'ended' },
    { type: 'host_operation', hosts: ['spark-2'], result: 'begun' },
    { type: 'host_operation', hosts: ['spark-2'], result: 'terminated' },
  ])
})

test('a host that goes or comes back is told of once; one that was never away is no news', () => {
  const bench = Bench.ready()
  const see = (reachable: boolean) =>
    bench.ask(command('report_reachability', { host: 'spark-1', reachable, cause: reachable ? null : 'no route to host' }))
  for (const reachable of [true, true, false, false, true]) see(reachable)
  expect(told(bench)).toMatchObject([
    { type: 'host_unreachable', hosts: ['spark-1'], result: 'no route to host' },
    { type: 'host_back', hosts: ['spark-1'] },
  ])
  bench.ask(command('report_reachability', { host: 'spark-9', reachable: false, cause: null }))
  expect(types(bench)).toHaveLength(2)
})

test('what others note takes its place in the one order, once by its id, however late it is repeated', () => {
  const bench = Bench.ready()
  const ended = { id: 'evt_swap-0001_ended', type: 'swap_complete', swapId: 'swap-0001' } as const
  bench.ask(acquire('ann'), note(ended), note(ended, { id: 'evt_other', type: 'settings_changed', by: ann }))
  expect(types(bench)).toEqual(['lock_acquired', 'swap_complete', 'settings_changed'])
  drain(bench)
  bench.ask(note(ended))
  expect(types(bench)).toEqual([])
})

test('what is noted at length is cut, and what is large is told without its details', () => {
  const bench = Bench.ready()
  const large = { id: 'evt_1', type: 'settings_changed', reason: 'x'.repeat(9_000), after: { text: 'ä'.repeat(9_000) } } as const
  bench.ask(note(large))
  expect(told(bench)[0]).toMatchObject({ id: 'evt_1', reason: 'x'.repeat(500) })
  expect(told(bench)[0]?.after).toBeUndefined()
})

test('when nobody writes them down, comings and goings of the lock are given up first, and it is told how many as soon as there is room', () => {
  const bench = Bench.ready()
  bench.ask(note({ id: 'evt_swap-0001_ended', type: 'swap_complete', swapId: 'swap-0001' }))
  for (let n = 0; n < 2_000; n++) bench.ask(acquire(`ann ${n}`), command('release', { tokenHash: hash(`ann ${n}`) }))
  expect(told(bench).length).toBeLessThanOrEqual(1_500)
  expect(Buffer.byteLength(JSON.stringify(told(bench)))).toBeLessThan(256_000)
  expect(types(bench)[0]).toBe('swap_complete')
  const [kept, next] = [told(bench).length, bench.state.outbox?.nextSeq ?? 0]
  drain(bench)
  const lost = 4_001 - kept
  expect(told(bench)).toMatchObject([{ type: 'audit_gap', seq: next, after: { lost }, result: `${lost} entries could not be kept` }])
  drain(bench)
  expect(types(bench)).toEqual([])
})

test('a state that an earlier version carried begins an outbox with its first event', () => {
  const bench = Bench.ready()
  expect(bench.state.outbox).toBeUndefined()
  expect(drained(bench.state, 0)).toBe(bench.state)
  bench.ask(acquire('ann'))
  expect(types(bench)).toEqual(['lock_acquired'])
})
