import { swapWorkflowId, type HostName } from '../names.ts'
import type { ReportClosed, SwapEnd } from './command.ts'
import { tellClaim } from './claims.ts'
import { displacedBy, forgetOn, place } from './deployments.ts'
import { learnPace } from './pace.ts'
import { beginSurveys, quarantine } from './surveys.ts'
import { tellEnd } from './swap-events.ts'
import type { ActiveSwap, ArbiterState, SilentEnd } from './state.ts'
import { only, type Change, type Effect } from './step.ts'

/** A swap tells how it ended (ARBITER.md E1). Of one that isn't active (any more) only the place in the queue is given up. */
export function swapEnded(state: ArbiterState, end: SwapEnd): Change {
  const swap = state.active.find((running) => running.swapId === end.swapId)
  const waiting = state.queue.find((one) => one.swapId === end.swapId)
  const rest = {
    ...(swap === undefined && waiting === undefined ? state : tellEnd(state, end)),
    queue: state.queue.filter((one) => one !== waiting),
    active: state.active.filter((running) => running !== swap),
  }
  if (swap === undefined) return only(rest)
  // Before it touched anything nothing has changed, whatever it could still say of its hosts.
  return end.outcome === 'preflight_failed' ? only(rest) : settle(learnPace(rest, swap, end), swap, end)
}

function settle(state: ArbiterState, swap: ActiveSwap, end: SwapEnd): Change {
  const affected = swap.go.affectedHosts
  const left = (host: HostName): string => end.left[host] ?? 'unknown'
  const proven = end.deployments.filter((deployment) => deployment.hosts.every((host) => affected.includes(host)))
  const covered = (host: HostName): boolean => proven.some((deployment) => deployment.hosts.includes(host))
  const untouched = affected.filter(
    (host) => left(host) === 'previous' && !covered(host) && state.deployments.some((one) => one.hosts.includes(host)),
  )
  const after = proven.reduce(
    place,
    forgetOn(
      state,
      affected.filter((host) => !untouched.includes(host)),
    ),
  )
  // `unknown`, or a word without the deployment that goes with it: nothing is granted there before it was looked at (E3, E5).
  const unclear = affected.filter((host) => left(host) === 'unknown' || (left(host) !== 'empty' && !covered(host) && !untouched.includes(host)))
  const away = unclear.filter((host) => !swap.go.hosts.includes(host))
  const remnants = displacedBy(state, affected).flatMap(({ container, hosts }) =>
    container === null ? [] : hosts.map((host) => ({ host, container })),
  )
  return beginSurveys(
    quarantine(after, away, remnants),
    unclear.filter((host) => !away.includes(host)),
  )
}

/** The watch found workflows closed (E2). One that had reported is not here any more; the others could not speak. */
export function foundClosed(before: ArbiterState, closed: ReportClosed['closed']): Change {
  let state = before
  const effects: Effect[] = []
  for (const { workflowId, status } of closed) {
    const change = oneClosed(state, workflowId, status)
    state = change.state
    effects.push(...change.effects)
  }
  return { state, effects }
}

type ClosedStatus = ReportClosed['closed'][number]['status']

function oneClosed(state: ArbiterState, workflowId: string, status: ClosedStatus): Change {
  const isIts = (swap: { readonly swapId: string }): boolean => swapWorkflowId(state.clusterId, swap.swapId) === workflowId
  const running = state.active.find(isIts)
  const waiting = state.queue.find(isIts)
  const claims = state.claims.filter((claim) => claim.workflowId === workflowId)
  const swap = running ?? waiting
  // What was never there has touched nothing and has no event: only its place is given back.
  const event: SilentEnd | null =
    swap === undefined || status === 'never_there' || status === 'completed' ? null : { swapId: swap.swapId, outcome: status }
  const gone: ArbiterState = {
    ...(event === null ? state : tellEnd(state, event)),
    active: state.active.filter((one) => one !== running),
    queue: state.queue.filter((one) => one !== waiting),
    claims: state.claims.filter((claim) => !claims.includes(claim)),
    unrecorded: event === null ? state.unrecorded : [...state.unrecorded, event],
  }
  const unknown = [...(running === undefined || status === 'never_there' ? [] : running.go.affectedHosts), ...claims.flatMap((claim) => claim.hosts)]
  const told = claims.reduce((one, claim) => tellClaim(one, claim, status), gone)
  const surveying = beginSurveys(forgetOn(told, unknown), unknown)
  return { state: surveying.state, effects: [...(event === null ? [] : [{ kind: 'record_end' as const, end: event }]), ...surveying.effects] }
}

export const endRecorded = (state: ArbiterState, swapId: string): Change =>
  only({ ...state, unrecorded: state.unrecorded.filter((end) => end.swapId !== swapId) })
