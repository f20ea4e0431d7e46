import type { Swap } from '../swap.ts'
import { failed, ok, skipped, type RunEnd } from './run-end.ts'

/** What a swap came to for the run that asked for it. `again`: the gate refused it after all when its turn came, so nothing was touched. */
export type AfterSwap = { readonly kind: 'end'; readonly end: RunEnd } | { readonly kind: 'again'; readonly detail: string }

/** Only `completed` is ok. A swap that never got its turn changed nothing: the run is skipped, or asks again where a reservation was in its way. */
export function afterSwap(swap: Swap): AfterSwap {
  const { swap_id, outcome, cause } = swap
  const target = swap.model ?? 'nothing'
  if (outcome === 'completed')
    return { kind: 'end', end: ok(`completed: ${swap.hosts.join(', ')} ${swap.model === null ? 'emptied' : `serves ${target}`}`, swap_id) }
  const detail = `${outcome ?? 'unknown'}${cause === null ? '' : `, ${cause.code}: ${cause.message}`}`
  if (outcome === 'cancelled' && cause?.code === 'reserved') return { kind: 'again', detail }
  if (outcome === 'cancelled' && cause?.code === 'queue_limit') return { kind: 'end', end: skipped(detail, swap_id) }
  return { kind: 'end', end: failed(detail, swap_id) }
}
