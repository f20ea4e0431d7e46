import { union, type ActiveSwap, type ArbiterState, type ClaimEntry } from './state.ts'
import type { Actor } from '../events.ts'
import type { Claim, EndClaim, Widen } from './command.ts'
import { affectedBy } from './deployments.ts'
import { stale } from './ended-tokens.ts'
import { goOf, remember } from './gate.ts'
import { awaited, hostsRefuse, occupied } from './occupancy.ts'
import { tell } from './outbox.ts'
import { heldByOthers, isStale, reservedBy } from './reservation-facts.ts'
import { rememberUntil } from './reservations.ts'
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
  const after = tellClaim({ ...state, fence, claims: [...state.claims, entry] }, entry, 'begun', command.by)
  return answered(remember(after, { id: claimId, requestHash: null, answer, until: rememberUntil(command.notAfter) }), answer)
}

function claimRefused(state: ArbiterState, { hosts, tokenHash }: Claim): Refusal | null {
  const unknown = hosts.filter((host) => !state.hosts.some((entry) => entry.host === host))
  if (unknown.length > 0 || hosts.length === 0) return refused('unknown_host', { hosts: unknown })
  const notReady = hostsRefuse(state, hosts, hosts)
  if (notReady !== null) return notReady
  const [other] = heldByOthers(state, hosts, tokenHash)
  if (other !== undefined) return reservedBy(state, other)
  if (isStale(state.reservations, tokenHash)) return stale(state, tokenHash)
  const busy = occupied(state, hosts) ?? awaited(state, hosts)
  return busy === null ? null : refused('busy', { busy, hosts: busy.hosts })
}

export function endClaim(state: ArbiterState, command: EndClaim): Step {
  const ended = state.claims.find((one) => one.claimId === command.claimId)
  if (ended === undefined) return answered(state, { kind: 'noted' })
  const rest = { ...state, claims: state.claims.filter((one) => one !== ended) }
  return answered(tellClaim(rest, ended, 'ended', command.by), { kind: 'noted' })
}

/** A host operation begins, or has ended: `ended` by its own word, else how its workflow was found. */
export function tellClaim(state: ArbiterState, claim: ClaimEntry, result: string, by?: Actor): ArbiterState {
  const { claimId, holder, purpose, hosts, fence } = claim
  const event = { id: `evt_claim_${fence}_${result === 'begun' ? 'begun' : 'ended'}`, type: 'host_operation' as const, result }
  return tell(state, { ...event, by: by ?? { name: holder, address: null }, hosts, fence, reason: purpose, after: { claim_id: claimId, holder } })
}

/**
 * A running swap asks for more hosts: a deployment that it displaces was found to reach beyond its affected ones. All or nothing; a repeat gets the same.
 * The wider grant has a higher fence, because the added hosts may have seen higher ones than the swap's.
 */
export function widen(state: ArbiterState, command: Widen): Step {
  const swap = state.active.find((one) => one.swapId === command.swapId)
  if (swap === undefined) return answered(state, refused('unknown_swap'))
  const added = affectedBy(state, command.hosts).filter((host) => !swap.go.affectedHosts.includes(host))
  if (added.length === 0) return answered(state, { kind: 'go', go: goOf(state, swap) })
  const unknown = added.filter((host) => !state.hosts.some((entry) => entry.host === host))
  if (unknown.length > 0) return answered(state, refused('unknown_host', { hosts: unknown }))
  const notReady = hostsRefuse(state, [], added)
  if (notReady !== null) return answered(state, notReady)
  const [other] = heldByOthers(state, added, swap.tokenHash)
  if (other !== undefined) return answered(state, reservedBy(state, other))
  const busy = occupied(state, added)
  if (busy !== null) return answered(state, refused('busy', { busy, hosts: busy.hosts }))
  const affectedHosts = union(swap.go.affectedHosts, added)
  const wider: ActiveSwap = { ...swap, go: { ...swap.go, fence: state.fence + 1, affectedHosts } }
  const after = { ...state, fence: wider.go.fence, active: state.active.map((one) => (one === swap ? wider : one)) }
  return answered(after, { kind: 'go', go: goOf(after, wider) })
}
