import type { Actor } from '../events.ts'
import { tell } from './outbox.ts'
import type { ActiveSwap, ArbiterState, WaitingSwap } from './state.ts'

/*
 * What the arbiter tells of swaps. Each once, by its id; the end is told by the swap itself, or for it. One whose workflow never came to be leaves no trace,
 * so these are told when its start is confirmed.
 */

const about = ({ swapId, schedule, reason, by = null }: WaitingSwap) => ({ swapId, schedule, reason, by })

export const tellQueued = (state: ArbiterState, swap: WaitingSwap): ArbiterState =>
  tell(state, { id: `evt_${swap.swapId}_queued`, type: 'swap_queued', ...about(swap), hosts: swap.hosts, after: wanted(swap) })

export const tellStarted = (state: ArbiterState, swap: ActiveSwap): ArbiterState =>
  tell(state, {
    id: `evt_${swap.swapId}_started`,
    type: 'swap_started',
    ...about(swap),
    hosts: swap.go.affectedHosts,
    fence: swap.go.fence,
    after: wanted(swap),
  })

const wanted = ({ model, hosts, holder }: WaitingSwap) => ({ model, hosts, holder })

/** `by` asked for it, with its own reason. */
export const tellCancelRequested = (state: ArbiterState, swap: WaitingSwap, by: Actor | null, reason: string): ArbiterState =>
  tell(state, {
    id: `evt_${swap.swapId}_cancel`,
    type: 'swap_cancel_requested',
    by,
    hosts: swap.hosts,
    swapId: swap.swapId,
    reason,
  })

/** A request of a schedule that became part of another's swap: its run has come all the same. */
export const tellJoined = (state: ArbiterState, id: string, schedule: string, by: Actor | null, swap: WaitingSwap): ArbiterState =>
  tell(state, { id: `evt_${id}_joined`, type: 'schedule_run', by, hosts: swap.hosts, swapId: swap.swapId, schedule, result: 'joined' })
