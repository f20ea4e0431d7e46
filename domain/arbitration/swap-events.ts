import { swapEndEventId, type Actor } from '../events.ts'
import type { HostName } from '../names.ts'
import type { SwapCommand, SwapEnd } from './command.ts'
import { tell, tellOnce } from './outbox.ts'
import type { ActiveSwap, ArbiterState, WaitingSwap } from './state.ts'

/*
 * What the arbiter tells of swaps. Each once, by its id. One whose workflow never came to be leaves no trace,
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

/** A request of a schedule that found its model there already: nothing is swapped, and its run has come all the same. */
export const tellServed = (state: ArbiterState, { swapId, schedule, by }: SwapCommand, hosts: readonly HostName[]): ArbiterState =>
  schedule === null
    ? state
    : tellOnce(state, { id: `evt_${swapId}_served`, type: 'schedule_run', by: by ?? null, hosts, schedule, result: 'already_serving' })

/** The end of a swap has its place before whatever its hosts are given to next. The swap's own word comes a moment later, under the same id. */
export const tellEnd = (state: ArbiterState, { swapId, outcome }: Pick<SwapEnd, 'swapId' | 'outcome'>): ArbiterState =>
  tellOnce(state, { id: swapEndEventId(swapId), type: outcome === 'completed' ? 'swap_complete' : 'swap_failed', swapId, result: outcome })
