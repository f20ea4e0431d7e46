import { union, type ArbiterState, type ClaimEntry } from './state.ts'
import type { Claim, EndClaim, Go, Widen } from './command.ts'
import { isStale, remember } from './gate.ts'
import { affectedBy, awaited, displacedBy, hostsRefuse, occupied } from './occupancy.ts'
import { heldByOthers, rememberUntil, reservedBy } from './reservations.ts'
import { answered, refused, type Refusal, type Step } from './step.ts'

/** Any other change to hosts than a swap (ARBITER.md G1): the same gate, but it never waits in the queue and displaces nothing. */
export function claim(state: ArbiterState, command: Claim): Step {
  const known = state.claims.find((one) => one.claimId === command.claimId)
  if (known !== undefined) return answered(state, { kind: 'claimed', fence: known.fence })
  const memory = state.remembered.find((one) => one.id === command.claimId)
  if (memory !== undefined) return answered(state, memory.answer)
  const refusal = claimRefused(state, command)
  if (refusal !== null) return answered(state, refusal)
  const fence = state.fence + 1
  const { claimId, workflowId, holder, purpose } = command
  const entry: ClaimEntry = {
    ...{ claimId, workflowId, fence },
    hosts: union(command.hosts),
    holder: holder.slice(0, 120),
    purpose: purpose.slice(0, 500),
    claimedAt: state.clock,
  }
  const answer = { kind: 'claimed', fence } as const
  const after = { ...state, fence, claims: [...state.claims, entry] }
  return answered(remember(after, { id: claimId, requestHash: null, answer, until: rememberUntil(command.notAfter) }), answer)
}

function claimRefused(state: ArbiterState, { hosts, tokenHash }: Claim): Refusal | null {
  const unknown = hosts.filter((host) => !state.hosts.some((entry) => entry.host === host))
  if (unknown.length > 0 || hosts.length === 0) return refused('unknown_host', { hosts: unknown })
  const notReady = hostsRefuse(state, hosts, hosts)
  if (notReady !== null) return notReady
  const [other] = heldByOthers(state, hosts, tokenHash)
  if (other !== undefined) return reservedBy(state, other)
  if (isStale(state.reservations, tokenHash)) return refused('lock_stale')
  const busy = occupied(state, hosts) ?? awaited(state, hosts)
  return busy === null ? null : refused('busy', { busy, hosts: busy.hosts })
}

export const endClaim = (state: ArbiterState, command: EndClaim): Step =>
  answered({ ...state, claims: state.claims.filter((one) => one.claimId !== command.claimId) }, { kind: 'noted' })

/**
 * A running swap asks for more hosts: a deployment that it displaces was found to reach beyond its affected ones. All or nothing; a repeat gets the same.
 * The wider grant has a higher fence, because the added hosts may have seen higher ones than the swap's.
 */
export function widen(state: ArbiterState, command: Widen): Step {
  const swap = state.active.find((one) => one.swapId === command.swapId)
  if (swap === undefined) return answered(state, refused('unknown_swap'))
  const added = affectedBy(state, command.hosts).filter((host) => !swap.go.affectedHosts.includes(host))
  if (added.length === 0) return answered(state, { kind: 'go', go: swap.go })
  const unknown = added.filter((host) => !state.hosts.some((entry) => entry.host === host))
  if (unknown.length > 0) return answered(state, refused('unknown_host', { hosts: unknown }))
  const notReady = hostsRefuse(state, [], added)
  if (notReady !== null) return answered(state, notReady)
  const [other] = heldByOthers(state, added, swap.tokenHash)
  if (other !== undefined) return answered(state, reservedBy(state, other))
  const busy = occupied(state, added)
  if (busy !== null) return answered(state, refused('busy', { busy, hosts: busy.hosts }))
  const affectedHosts = union(swap.go.affectedHosts, added)
  const go: Go = { ...swap.go, fence: state.fence + 1, affectedHosts, displaced: displacedBy(state, affectedHosts) }
  return answered({ ...state, fence: go.fence, active: state.active.map((one) => (one === swap ? { ...swap, go } : one)) }, { kind: 'go', go })
}
