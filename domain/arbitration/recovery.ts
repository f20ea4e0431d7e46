import type { HostName, Millis } from '../names.ts'
import type { PhaseName } from '../swap.ts'
import { fromServerClock } from './clock.ts'
import type { ActiveSwap, ArbiterState, WaitingSwap } from './state.ts'
import { only, type Change } from './step.ts'
import { beginSurveys, hostsListed, unsurveyed } from './surveys.ts'

/** A swap's workflow that an earlier arbiter started, as its memo tells of it (ARBITER.md E4). `running` is null while it waits for its `go`. Times are the server's. */
export interface FoundSwap {
  readonly request: Omit<WaitingSwap, 'started' | 'requestHash' | 'joinable'> & {
    readonly requestHash?: string | undefined
    readonly joinable?: string | null | undefined
  }
  readonly running: {
    readonly fence: number
    readonly affectedHosts: readonly HostName[]
    readonly phase: PhaseName | null
    readonly startedAt: Millis
    readonly deadlineAt: Millis
  } | null
}

/** What a fresh arbiter is told before it looks at the hosts themselves. */
export interface Found {
  readonly hosts: readonly HostName[]
  readonly registeredAttributes: readonly string[]
  readonly swaps: readonly FoundSwap[]
}

/**
 * Finds the swaps of an earlier arbiter again: those that run keep their hosts, those that wait stand in line as they did. Then every other host is surveyed.
 * A host under a running swap is not: raising its fence would stop that swap.
 */
export function recover(before: ArbiterState, found: Found): Change {
  if (before.recovered) return only(before)
  const listed = hostsListed(before, found.hosts, found.registeredAttributes).state
  const known = new Set([...listed.active, ...listed.queue].map((swap) => swap.swapId))
  const swaps = found.swaps.filter((one) => !known.has(one.request.swapId))
  const active = swaps.flatMap((one) => asActive(listed, one))
  const queue = swaps.filter((one) => one.running === null).map((one) => asWaiting(listed, one))
  const state: ArbiterState = {
    ...listed,
    recovered: true,
    fence: Math.max(listed.fence, ...active.map((swap) => swap.go.fence)),
    active: [...listed.active, ...active],
    queue: [...listed.queue, ...queue].sort((a, b) => a.acceptedAt - b.acceptedAt),
    hosts: listed.hosts.map((entry) =>
      active.some((swap) => swap.go.affectedHosts.includes(entry.host)) ? { ...entry, state: 'known' as const } : entry,
    ),
  }
  return beginSurveys(state, unsurveyed(state))
}

/** Memos of earlier versions have no `requestHash`; a repeat of that request finds its workflow there already. */
const asWaiting = (state: ArbiterState, { request }: FoundSwap): WaitingSwap => ({
  ...request,
  acceptedAt: fromServerClock(state, request.acceptedAt),
  started: true,
  requestHash: request.requestHash ?? '',
  joinable: request.joinable ?? null,
})

function asActive(state: ArbiterState, found: FoundSwap): ActiveSwap[] {
  if (found.running === null) return []
  const { fence, affectedHosts, phase, startedAt, deadlineAt } = found.running
  const { registeredAttributes } = state
  const go = { fence, hosts: found.request.hosts, affectedHosts, deadlineAt, registeredAttributes }
  const times = { startedAt: fromServerClock(state, startedAt), deadlineAt: fromServerClock(state, deadlineAt) }
  return [{ ...asWaiting(state, found), go, ...times, phase, expectedEndAt: null }]
}
