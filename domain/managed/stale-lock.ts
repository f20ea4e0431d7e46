import type { ArbiterView, ReservationFacts } from '../arbitration/command.ts'
import { rfc3339, type HostName, type Millis } from '../names.ts'

interface StaleQuestion {
  readonly view: Pick<ArbiterView, 'reservations' | 'active'>
  readonly heldLongerThanS: number
  /** null: whichever hosts they cover. */
  readonly hosts: readonly HostName[] | null
  readonly now: Millis
}

/**
 * Reservations that are held for too long while no swap runs under them: somebody forgot them. Whatever swap runs on reserved hosts is their holder's, under
 * whichever name it asked.
 */
export function staleReservations({ view, heldLongerThanS, hosts, now }: StaleQuestion): ReservationFacts[] {
  return view.reservations.filter((held) => {
    const covered = hosts === null || held.hosts.some((host) => hosts.includes(host))
    const swaps = view.active.some((swap) => swap.affectedHosts.some((host) => held.hosts.includes(host)))
    return covered && !swaps && now < held.expiresAt && now - held.acquiredAt > heldLongerThanS * 1000
  })
}

export const heldBy = ({ holder, hosts, acquiredAt }: ReservationFacts): string => `${holder} held ${hosts.join(', ')} since ${rfc3339(acquiredAt)}`
