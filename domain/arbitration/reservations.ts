import type { HostName, Millis, Sha256 } from '../names.ts'
import { afterSwapMs } from './clock.ts'
import type { Acquire, Extend, ForceRelease, Release, ReservationFacts } from './command.ts'
import { overlap, sameHosts, union, type ArbiterState, type Reservation } from './state.ts'
import { answered, refused, type Refusal, type Step } from './step.ts'

/** How long after its `notAfter` a command may still come a second time (ARBITER.md A5). */
const repeatMs = 10_000
const shownHolder = 120
const shownText = 500

/**
 * A reservation as others may see it. While its swap runs it lasts until that should be over and a minute more (R3); where nobody can say when that will be,
 * a minute from now at the least.
 */
export function factsOf(state: ArbiterState, held: Reservation): ReservationFacts {
  const ends = state.active
    .filter((swap) => swap.tokenHash === held.tokenHash)
    .map((swap) => Math.max(state.clock, swap.expectedEndAt ?? 0) + afterSwapMs)
  const { holder, purpose, hosts, acquiredAt, fence } = held
  return { holder, purpose, hosts, acquiredAt, expiresAt: Math.max(held.expiresAt, ...ends), fence }
}

/** Who holds any of these hosts, and isn't the one with this token. */
export const heldByOthers = (state: ArbiterState, hosts: readonly HostName[], tokenHash: Sha256 | null): readonly Reservation[] =>
  state.reservations.filter((held) => held.tokenHash !== tokenHash && overlap(held.hosts, hosts))

export const reservedBy = (state: ArbiterState, held: Reservation): Refusal =>
  refused('reserved', { reservation: factsOf(state, held), hosts: held.hosts })

/** The reservations without these: ended, not expired, so a running swap can't revive them. */
export const without = (state: ArbiterState, ended: readonly Reservation[]): ArbiterState =>
  ended.length === 0 ? state : { ...state, reservations: state.reservations.filter((held) => !ended.includes(held)) }

/** R1, R6: hosts that are not surveyed yet can be reserved, too. Idempotent by token (A5). */
export function acquire(state: ArbiterState, command: Acquire): Step {
  const all = state.hosts.map((entry) => entry.host)
  const hosts = union(command.hosts ?? all)
  const unknown = hosts.filter((host) => !all.includes(host))
  // Before its first look at cluster.yaml the arbiter can't tell a wrong name, so it refuses none; the caller has read the file as well.
  if (all.length > 0 && unknown.length > 0)
    return answered(state, refused('unknown_host', { message: `no host is called ${unknown.join(', ')}`, hosts: unknown }))
  if (hosts.length === 0) return answered(state, refused('surveying'))
  const own = state.reservations.find((held) => held.tokenHash === command.tokenHash)
  if (own !== undefined) return acquireAgain(state, own, hosts, command)
  const [other] = heldByOthers(state, hosts, command.tokenHash)
  if (other !== undefined) return answered(state, reservedBy(state, other))
  const held: Reservation = {
    tokenHash: command.tokenHash,
    holder: command.holder.slice(0, shownHolder),
    purpose: command.purpose?.slice(0, shownText) ?? null,
    hosts,
    acquiredAt: state.clock,
    expiresAt: state.clock + command.ttlS * 1000,
    fence: state.fence + 1,
    commandId: command.id,
  }
  const after = { ...state, fence: held.fence, reservations: [...state.reservations, held] }
  return answered(after, { kind: 'granted', reservation: factsOf(after, held) })
}

function acquireAgain(state: ArbiterState, own: Reservation, hosts: readonly HostName[], command: Acquire): Step {
  if (own.commandId === command.id) return answered(state, { kind: 'granted', reservation: factsOf(state, own) })
  if (!sameHosts(own.hosts, hosts))
    return answered(
      state,
      refused('invalid_request', { message: `this token holds ${own.hosts.join(', ')} already; other hosts need a token of their own` }),
    )
  return prolonged(state, own, command.ttlS)
}

/** Extends from now; it never shortens. */
function prolonged(state: ArbiterState, own: Reservation, ttlS: number): Step {
  const held = { ...own, expiresAt: Math.max(own.expiresAt, state.clock + ttlS * 1000) }
  const after = { ...state, reservations: state.reservations.map((one) => (one === own ? held : one)) }
  return answered(after, { kind: 'extended', reservation: factsOf(after, held) })
}

/** R4: only the current token extends. */
export function extend(state: ArbiterState, command: Extend): Step {
  const own = state.reservations.find((held) => held.tokenHash === command.tokenHash)
  return own === undefined ? answered(state, refused('lock_stale')) : prolonged(state, own, command.ttlS)
}

/** R4; but a holder whose reply was lost, and who asks again, has released it (A5). */
export function release(state: ArbiterState, command: Release): Step {
  const own = state.reservations.filter((held) => held.tokenHash === command.tokenHash)
  if (own.length > 0) {
    const released = { tokenHash: command.tokenHash, until: rememberUntil(command.notAfter) }
    return answered({ ...without(state, own), released: [...state.released, released].slice(-200) }, { kind: 'released', count: 1 })
  }
  const repeated = state.released.some((gone) => gone.tokenHash === command.tokenHash)
  return answered(state, repeated ? { kind: 'released', count: 0 } : refused('lock_stale'))
}

export const rememberUntil = (notAfter: Millis): Millis => notAfter + repeatMs

/** R2, R6: changes who may start next, and nothing that runs. */
export function forceRelease(state: ArbiterState, command: Pick<ForceRelease, 'hosts'>): Step {
  const { hosts } = command
  if (hosts === null && state.reservations.length > 1)
    return answered(
      state,
      refused('invalid_request', {
        message: 'several reservations are held: name the hosts',
        hosts: union(...state.reservations.map((held) => held.hosts)),
      }),
    )
  const ended = state.reservations.filter((held) => hosts === null || overlap(held.hosts, hosts))
  return answered(without(state, ended), { kind: 'released', count: ended.length })
}
