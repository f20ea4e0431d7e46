import type { ArbiterView, ReservationFacts } from './arbitration/command.ts'
import type { Lock, ReservationView } from './lock.ts'
import { rfc3339, type Millis } from './names.ts'

/** A reservation for others to read. `now` is the arbiter's clock, as `expiresAt` is. */
export const reservationView = (facts: ReservationFacts, now: Millis): ReservationView => ({
  holder: facts.holder,
  purpose: facts.purpose,
  hosts: [...facts.hosts],
  acquired_at: rfc3339(facts.acquiredAt),
  expires_at: rfc3339(facts.expiresAt),
  expires_in_s: Math.max(0, Math.ceil((facts.expiresAt - now) / 1000)),
  fence: facts.fence,
})

/** All reservations that still hold, the one that holds longest as `the` lock, and who waits, the next one first. An expired one is gone, though its timer may not have fired (R2). */
export function lockView(reservations: readonly ReservationFacts[], now: Millis, line: ArbiterView['waiting'] = []): Lock {
  const locks = reservations
    .filter((reservation) => reservation.expiresAt > now)
    .toSorted((a, b) => a.acquiredAt - b.acquiredAt)
    .map((reservation) => reservationView(reservation, now))
  const first = locks[0]
  return {
    held: first !== undefined,
    holder: first?.holder ?? null,
    purpose: first?.purpose ?? null,
    hosts: first?.hosts ?? [],
    acquired_at: first?.acquired_at ?? null,
    expires_at: first?.expires_at ?? null,
    expires_in_s: first?.expires_in_s ?? null,
    fence: first?.fence ?? null,
    waiting: line.length,
    line: line.map(({ holder, hosts, since }) => ({ holder, hosts: [...hosts], since: rfc3339(since) })),
    locks,
  }
}
