import fc from 'fast-check'
import type { Command } from '../../../domain/arbitration/command.ts'
import type { EventType } from '../../../domain/events.ts'
import { acquire, claim, command, hash, start, swap } from './commands.ts'

/** What may be asked of an arbiter, and happen to it. */
export const names = ['spark-1', 'spark-2', 'spark-3']
const hosts = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
const who = fc.constantFrom('ann', 'bob', 'cron')
const maybeToken = fc.option(who.map(hash), { nil: null })
const swapId = fc.integer({ min: 0, max: 12 }).map((n) => `swap-${String(n).padStart(4, '0')}`)
const claimId = fc.constantFrom('claim-1', 'claim-2')

const asked: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ who, hosts: fc.option(hosts, { nil: null }), ttlS: fc.integer({ min: 10, max: 90 }) }).map((r) => acquire(r.who, r)),
  },
  {
    weight: 5,
    arbitrary: fc
      .record({ who, hosts: fc.option(hosts, { nil: null }), ticket: fc.constantFrom('1', '2') })
      .map((r) => acquire(r.who, { hosts: r.hosts, ticket: `${r.who} ${r.ticket}` })),
  },
  { weight: 1, arbitrary: fc.tuple(who, fc.constantFrom('1', '2')).map(([name, n]) => command('leave_line', { ticket: `${name} ${n}` })) },
  { weight: 1, arbitrary: who.map((name) => command('confirm', { tokenHash: hash(name) })) },
  {
    weight: 1,
    arbitrary: fc
      .record({ id: fc.constantFrom('evt_a', 'evt_b'), type: fc.constantFrom<EventType>('swap_complete', 'settings_changed') })
      .map((entry) => command('note', { entries: [entry] })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ host: fc.constantFrom(...names), reachable: fc.boolean() })
      .map((r) => command('report_reachability', { ...r, cause: null })),
  },
  { weight: 1, arbitrary: who.map((name) => command('extend', { tokenHash: hash(name), ttlS: 30 })) },
  { weight: 1, arbitrary: who.map((name) => command('release', { tokenHash: hash(name) })) },
  { weight: 1, arbitrary: fc.option(hosts, { nil: null }).map((some) => command('force_release', { reason: 'why', hosts: some })) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        swapId,
        hosts,
        tokenHash: maybeToken,
        onBusy: fc.constantFrom('reject' as const, 'queue' as const),
        identity: fc.constantFrom('one', 'another'),
        force: fc.boolean(),
        late: fc.boolean(),
      })
      .map(({ swapId: id, hosts: some, late, ...rest }) =>
        swap(id, some, { ...rest, reason: 'why', queueLimitS: 100, ...(late && { notAfter: start - 1 }) }),
      ),
  },
  { weight: 1, arbitrary: swapId.map((id) => command('withdraw', { swapId: id, reason: 'why' })) },
  { weight: 1, arbitrary: swapId.map((id) => command('still_waiting', { swapId: id })) },
  { weight: 1, arbitrary: fc.record({ swapId, hosts }).map((r) => command('widen', r)) },
  { weight: 2, arbitrary: fc.record({ claimId, hosts, tokenHash: maybeToken }).map((r) => claim(r.claimId, r.hosts, { tokenHash: r.tokenHash })) },
  { weight: 1, arbitrary: claimId.map((id) => command('end_claim', { claimId: id })) },
  { weight: 1, arbitrary: swapId.map((id) => command('report_closed', { closed: [{ workflowId: `swap/demo/${id}`, status: 'terminated' }] })) },
)

/** What may happen between two batches. `pick` chooses among what is under way. */
export type Event =
  | { readonly kind: 'batch'; readonly commands: readonly Command[] }
  | { readonly kind: 'time'; readonly byMs: number }
  /** The arbiter is at work, and wakes each second. */
  | { readonly kind: 'awake'; readonly seconds: number }
  | { readonly kind: 'drained'; readonly left: number }
  | { readonly kind: 'confirm_start' | 'new_run'; readonly pick: number }
  | { readonly kind: 'end'; readonly pick: number; readonly left: 'target' | 'previous' | 'empty' | 'unknown' }
  | { readonly kind: 'surveyed'; readonly pick: number; readonly reachable: boolean; readonly fenceAhead: number }

const pick = fc.nat(9)
export const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.array(asked, { minLength: 1, maxLength: 4 }).map((commands) => ({ kind: 'batch' as const, commands })) },
  { weight: 2, arbitrary: fc.integer({ min: -60_000, max: 60_000 }).map((byMs) => ({ kind: 'time' as const, byMs })) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 6 }).map((seconds) => ({ kind: 'awake' as const, seconds })) },
  { weight: 1, arbitrary: fc.nat(3).map((left) => ({ kind: 'drained' as const, left })) },
  { weight: 2, arbitrary: pick.map((n) => ({ kind: 'confirm_start' as const, pick: n })) },
  { weight: 1, arbitrary: pick.map((n) => ({ kind: 'new_run' as const, pick: n })) },
  {
    weight: 2,
    arbitrary: fc
      .record({ pick, left: fc.constantFrom('target' as const, 'previous' as const, 'empty' as const, 'unknown' as const) })
      .map((r) => ({ kind: 'end' as const, ...r })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ pick, reachable: fc.boolean(), fenceAhead: fc.integer({ min: -10, max: 1_000_000 }) })
      .map((r) => ({ kind: 'surveyed' as const, ...r })),
  },
)
