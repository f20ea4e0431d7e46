import type { SwapId } from '../names.ts'
import type { ErrorCode } from '../errors.ts'
import type { StillWaiting, Withdraw } from './command.ts'
import { affectedBy } from './deployments.ts'
import { activate, goOf, standing } from './gate.ts'
import { hostsRefuse, occupied } from './occupancy.ts'
import { heldByOthers } from './reservation-facts.ts'
import { overlap, union, type ArbiterState, type WaitingSwap } from './state.ts'
import { answered, only, refused, type Change, type Effect, type Step } from './step.ts'
import { tellCancelRequested, tellQueued, tellStarted } from './swap-events.ts'

/** Long enough for a swap to have asked `still_waiting` (each 30 s) and learnt why it lost its place. */
const withdrawnForMs = 300_000
const longestWithdrawn = 100
const keptReason = 120

/**
 * Gives their turn to those in the queue whose hosts are free, first come first served: a later one passes only where it shares no host with any that waits before it.
 * Whoever's hosts are reserved by someone else by then is cancelled (G5), and whoever waited too long as well (G4).
 */
export function grantTurns(before: ArbiterState): Change {
  let state = before
  const effects: Effect[] = []
  let awaitedHosts: readonly string[] = []
  for (const swap of before.queue) {
    const affected = affectedBy(state, swap.hosts)
    if (swap.acceptedAt + swap.queueLimitS * 1000 <= state.clock) {
      const dropped = drop(state, swap, 'queue_limit', null)
      state = dropped.state
      effects.push(...dropped.effects)
    } else if (overlap(affected, awaitedHosts) || occupied(state, affected) !== null || hostsRefuse(state, swap.hosts, affected) !== null) {
      awaitedHosts = union(awaitedHosts, affected)
    } else {
      const [other] = heldByOthers(state, affected, swap.tokenHash)
      const change =
        other === undefined ? takeTurn(state, swap) : drop(state, swap, 'reserved', `${other.holder} reserved ${other.hosts.join(', ')} meanwhile`)
      state = change.state
      effects.push(...change.effects)
    }
  }
  return { state, effects }
}

function takeTurn(state: ArbiterState, swap: WaitingSwap): Change {
  const after = activate({ ...state, queue: state.queue.filter((one) => one !== swap) }, swap)
  const active = after.active.at(-1)
  if (!swap.started || active === undefined) return only(after)
  return { state: tellStarted(after, active), effects: [{ kind: 'send_go', swapId: swap.swapId, go: goOf(after, active) }] }
}

/** Takes a swap out of the queue. Its workflow is told why, and ends `cancelled`; if its start is still unconfirmed, it is told then. */
function drop(state: ArbiterState, swap: WaitingSwap, code: ErrorCode, message: string | null): Change {
  const withdrawal = { swapId: swap.swapId, code, message, until: state.clock + withdrawnForMs }
  const after = {
    ...state,
    queue: state.queue.filter((one) => one !== swap),
    active: state.active.filter((one) => one.swapId !== swap.swapId),
    withdrawn: [...state.withdrawn, withdrawal].slice(-longestWithdrawn),
  }
  return { state: after, effects: swap.started ? [{ kind: 'withdraw_swap', swapId: swap.swapId, code, message }] : [] }
}

/** Takes back a swap (G3). One that runs already is cancelled the graceful way: it keeps its hosts until it reports its end. */
export function withdraw(state: ArbiterState, command: Withdraw): Step {
  const { swapId, reason, by = null } = command
  const waiting = [...state.queue, ...state.active.filter((swap) => !swap.started)].find((swap) => swap.swapId === swapId)
  if (waiting !== undefined) {
    const told = waiting.started ? tellCancelRequested(state, waiting, by, reason) : state
    const { state: after, effects } = drop(told, waiting, 'cancelled', reason.slice(0, 200))
    return answered(after, { kind: 'noted' }, effects)
  }
  const running = state.active.find((swap) => swap.swapId === swapId)
  if (running !== undefined) {
    const asked = { ...state, active: state.active.map((swap) => (swap === running ? { ...swap, cancelRequested: true } : swap)) }
    const told = running.cancelRequested === true ? state : tellCancelRequested(asked, running, by, reason)
    return answered(told, { kind: 'noted' }, [{ kind: 'cancel_swap', swapId }])
  }
  if (state.withdrawn.some((gone) => gone.swapId === swapId)) return answered(state, { kind: 'noted' })
  return answered(state, refused(state.remembered.some((one) => one.id === swapId) ? 'swap_ended' : 'unknown_swap'))
}

/** G4: so a lost `go`, a lost withdrawal, a fresh arbiter leave no swap waiting for ever. */
export function stillWaiting(state: ArbiterState, { swapId }: StillWaiting): Step {
  const running = state.active.find((swap) => swap.swapId === swapId)
  if (running !== undefined) return answered(startConfirmed(state, swapId), { kind: 'go', go: goOf(state, running) })
  const place = standing(state, swapId)
  if (place?.kind === 'accepted') return answered(startConfirmed(state, swapId), { kind: 'wait', position: place.position ?? 1 })
  const gone = state.withdrawn.find((one) => one.swapId === swapId)
  if (gone !== undefined) return answered(state, refused(gone.code, { message: gone.message }))
  // A fresh arbiter has not found its swaps yet: to be unknown means nothing so far.
  return answered(state, state.recovered ? refused('unknown_swap') : { kind: 'wait', position: 1 })
}

/** A child's start is confirmed: now it may be told to go, or that it was taken back meanwhile (G4). */
export function swapStarted(state: ArbiterState, swapId: SwapId): Change {
  const running = state.active.find((swap) => swap.swapId === swapId)
  if (running !== undefined) return { state: startConfirmed(state, swapId), effects: [{ kind: 'send_go', swapId, go: goOf(state, running) }] }
  const gone = state.withdrawn.find((one) => one.swapId === swapId)
  if (gone !== undefined) return { state, effects: [{ kind: 'withdraw_swap', swapId, code: gone.code, message: gone.message }] }
  return only(startConfirmed(state, swapId))
}

/** The workflow could not be started: the id was used before, which is a late repeat of an ended swap (A5). Nothing was touched under this grant. */
export const swapNotStarted = (state: ArbiterState, swapId: SwapId): Change =>
  only({ ...state, queue: state.queue.filter((swap) => swap.swapId !== swapId), active: state.active.filter((swap) => swap.swapId !== swapId) })

/** Now that its workflow is there, it is told of. Its request has the whole reason; what is carried here need not. */
function startConfirmed(state: ArbiterState, swapId: SwapId): ArbiterState {
  const confirm = <S extends WaitingSwap>(list: readonly S[]): readonly S[] =>
    list.map((swap) => (swap.swapId === swapId ? { ...swap, started: true, reason: swap.reason?.slice(0, keptReason) ?? null } : swap))
  const running = state.active.find((swap) => swap.swapId === swapId && !swap.started)
  if (running !== undefined) return { ...tellStarted(state, running), active: confirm(state.active) }
  const waiting = state.queue.find((swap) => swap.swapId === swapId && !swap.started)
  return waiting === undefined ? state : { ...tellQueued(state, waiting), queue: confirm(state.queue) }
}
