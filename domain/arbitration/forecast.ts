import type { HostName, Millis, SwapId } from '../names.ts'
import { affectedBy } from './deployments.ts'
import { usualMs } from './pace.ts'
import { overlap, type ArbiterState } from './state.ts'

/** When a waiting swap should begin and end, in the arbiter's clock; null where nobody can say. */
export interface Expected {
  readonly startAt: Millis | null
  readonly endAt: Millis | null
}

/**
 * What to expect of each swap in the queue: it begins when all that is before it on its hosts should be over. What should be over already may be any moment;
 * a host operation, or a model that was never swapped to, leaves it open.
 */
export function forecast(state: ArbiterState): ReadonlyMap<SwapId, Expected> {
  const ends: { readonly hosts: readonly HostName[]; readonly at: Millis | null }[] = [
    ...state.active.map((swap) => ({ hosts: swap.go.affectedHosts, at: swap.expectedEndAt })),
    ...state.claims.map((claim) => ({ hosts: claim.hosts, at: null })),
  ]
  const expected = new Map<SwapId, Expected>()
  for (const swap of state.queue) {
    const hosts = affectedBy(state, swap.hosts)
    const before = ends.filter((one) => overlap(one.hosts, hosts)).map((one) => one.at)
    const startAt = before.reduce<Millis | null>((latest, at) => (latest === null || at === null ? null : Math.max(latest, at)), state.clock)
    const took = usualMs(state, swap.model)
    const endAt = startAt === null || took === null ? null : startAt + took
    expected.set(swap.swapId, { startAt, endAt })
    ends.push({ hosts, at: endAt })
  }
  return expected
}
