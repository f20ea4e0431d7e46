import type { Actor } from '../events.ts'
import { rfc3339, type Millis } from '../names.ts'
import { toServerClock } from './clock.ts'
import { tell } from './outbox.ts'
import type { ArbiterState, Reservation } from './state.ts'

/** A reservation in the words of the API (`ReservationView`, without what depends on the reader's now). */
function shown(state: ArbiterState, held: Reservation): Record<string, unknown> {
  const { holder, purpose, hosts, acquiredAt, expiresAt, fence } = held
  return { holder, purpose, hosts, acquired_at: time(state, acquiredAt), expires_at: time(state, expiresAt), fence }
}

/** No command may hold up all others by a time that no calendar has. */
const time = (state: ArbiterState, at: Millis): string => rfc3339(Math.min(toServerClock(state, at), 8.64e15))

const about = ({ hosts, fence, schedule = null }: Reservation) => ({ hosts, fence, schedule })

/** Who did it: by the name that the caller said, else by the one that it holds the lock under. */
const actor = (by: Actor | undefined, held: Reservation): Actor => ({ name: by?.name || held.holder, address: by?.address ?? null })

export const tellAcquired = (state: ArbiterState, held: Reservation, by?: Actor): ArbiterState =>
  tell(state, { id: `evt_lock_${held.fence}_acquired`, type: 'lock_acquired', by: actor(by, held), ...about(held), after: shown(state, held) })

export const tellExtended = (state: ArbiterState, before: Reservation, held: Reservation, by?: Actor): ArbiterState => {
  const was = { expires_at: time(state, before.expiresAt) }
  return tell(state, { type: 'lock_extended', by: actor(by, held), ...about(held), before: was, after: shown(state, held) })
}

/** `result` says more where it was not the holder's wish. */
export const tellReleased = (state: ArbiterState, held: Reservation, by: Actor | undefined, result: string | null = null): ArbiterState =>
  tell(state, {
    id: `evt_lock_${held.fence}_released`,
    type: 'lock_released',
    by: result === null ? actor(by, held) : (by ?? null),
    ...about(held),
    result,
    before: shown(state, held),
  })

export const tellExpiring = (state: ArbiterState, held: Reservation): ArbiterState =>
  tell(state, { type: 'lock_expiring', by: null, ...about(held), after: shown(state, held) })

export const tellExpired = (state: ArbiterState, held: Reservation): ArbiterState =>
  tell(state, { id: `evt_lock_${held.fence}_expired`, type: 'lock_expired', by: null, ...about(held), before: shown(state, held) })

export interface Force {
  readonly by: Actor | null
  readonly reason: string | null
  /** The swap that takes the hosts, where one does. */
  readonly swap?: { readonly swapId: string; readonly holder: string | null } | null
}

/** `after` is the new holder, where somebody takes over. */
export const tellForced = (state: ArbiterState, held: Reservation, { by, reason, swap = null }: Force): ArbiterState =>
  tell(state, {
    id: `evt_lock_${held.fence}_forced`,
    type: 'lock_forced',
    by,
    ...about(held),
    schedule: null,
    swapId: swap?.swapId ?? null,
    reason,
    before: shown(state, held),
    after: swap === null ? null : { holder: swap.holder, swap_id: swap.swapId },
  })
