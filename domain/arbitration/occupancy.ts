import { errors } from '../errors.ts'
import type { HostName, Millis } from '../names.ts'
import type { BusyFacts } from './command.ts'
import { affectedBy } from './deployments.ts'
import { forecast } from './forecast.ts'
import { overlap, type ActiveSwap, type ArbiterState, type ClaimEntry, type HostEntry, type WaitingSwap } from './state.ts'
import { refused, type Refusal } from './step.ts'

/** Why the hosts themselves are not ready for a change; null when they are. Targets must be there; of the others only quarantine and a running survey refuse. */
export function hostsRefuse(state: ArbiterState, targets: readonly HostName[], affected: readonly HostName[]): Refusal | null {
  const entries = affected.flatMap((host) => state.hosts.filter((entry) => entry.host === host))
  const quarantined = entries.filter((entry) => entry.state === 'quarantined')
  if (quarantined.length > 0) return refused('quarantined', { message: say(quarantined), hosts: names(quarantined) })
  const away = entries.filter((entry) => entry.state === 'unreachable' && targets.includes(entry.host))
  // E4 says 503 `surveying` until a host was seen. Where waiting will not mend it (a foreign cluster, a changed key), the cause itself is the answer.
  const hopeless = away.find((entry) => entry.cause !== null && errors[entry.cause.code].class === 'fatal')
  if (hopeless?.cause != null) return refused(hopeless.cause.code, { message: say([hopeless]), hosts: [hopeless.host] })
  const unseen = [...entries.filter((entry) => entry.state === 'surveying'), ...away]
  return unseen.length === 0 ? null : refused('surveying', { message: say(unseen), hosts: names(unseen) })
}

const names = (entries: readonly HostEntry[]): HostName[] => entries.map((entry) => entry.host)
const say = (entries: readonly HostEntry[]): string | null => {
  const causes = entries.flatMap(({ host, cause }) =>
    cause === null ? [] : [cause.message.startsWith(`${host}: `) ? cause.message : `${host}: ${cause.message}`],
  )
  return causes.length === 0 ? null : causes.join('; ')
}

/** The swap or claim that occupies one of these hosts now. At most one a host (I1). */
export function occupied(state: ArbiterState, affected: readonly HostName[]): BusyFacts | null {
  const swap = state.active.find((running) => overlap(running.go.affectedHosts, affected))
  if (swap !== undefined) return busyWithSwap(swap)
  const claim = state.claims.find((running) => overlap(running.hosts, affected))
  return claim === undefined ? null : busyWithClaim(claim)
}

/** The first swap in the queue that waits for one of these hosts: nobody passes it. */
export function awaited(state: ArbiterState, affected: readonly HostName[]): BusyFacts | null {
  const swap = state.queue.find((waiting) => overlap(affectedBy(state, waiting.hosts), affected))
  return swap === undefined ? null : waitingSwap(swap, forecast(state).get(swap.swapId)?.endAt ?? null)
}

const busyWithSwap = (swap: ActiveSwap): BusyFacts => ({
  swapId: swap.swapId,
  claimId: null,
  model: swap.model,
  phase: swap.phase,
  holder: swap.holder,
  hosts: swap.go.affectedHosts,
  startedAt: swap.startedAt,
  expectedEndAt: swap.expectedEndAt,
})
const busyWithClaim = (claim: ClaimEntry): BusyFacts => ({
  swapId: null,
  claimId: claim.claimId,
  model: null,
  phase: null,
  holder: claim.holder,
  hosts: claim.hosts,
  startedAt: claim.claimedAt,
  expectedEndAt: null,
})
const waitingSwap = (swap: WaitingSwap, expectedEndAt: Millis | null): BusyFacts => ({
  swapId: swap.swapId,
  claimId: null,
  model: swap.model,
  phase: null,
  holder: swap.holder,
  hosts: swap.hosts,
  startedAt: swap.acceptedAt,
  expectedEndAt,
})
