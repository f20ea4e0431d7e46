import type { HostName, Sha256 } from '../names.ts'
import type { ReservationFacts } from './command.ts'
import { occupied } from './occupancy.ts'
import { overlap, type ArbiterState, type Reservation } from './state.ts'
import { refused, type Refusal } from './step.ts'

/** A holder keeps its reservation for so long after its swap's end (ARBITER.md R3). */
export const afterSwapMs = 60_000

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

/** Tells of the swap that runs there as well: it says how long the holder will need. */
export const reservedBy = (state: ArbiterState, held: Reservation): Refusal =>
  refused('reserved', { reservation: factsOf(state, held), busy: occupied(state, held.hosts), hosts: held.hosts })

/** The reservations without these: ended, not expired, so a running swap can't revive them. */
export const without = (state: ArbiterState, ended: readonly Reservation[]): ArbiterState =>
  ended.length === 0 ? state : { ...state, reservations: state.reservations.filter((held) => !ended.includes(held)) }

export const isStale = (reservations: readonly Reservation[], tokenHash: string | null): boolean =>
  tokenHash !== null && !reservations.some((held) => held.tokenHash === tokenHash)
