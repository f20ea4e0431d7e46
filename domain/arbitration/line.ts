import type { HostName, Millis, Sha256 } from '../names.ts'
import type { Acquire, LeaveLine } from './command.ts'
import { tellReleased } from './lock-events.ts'
import { occupied } from './occupancy.ts'
import { factsOf } from './reservation-facts.ts'
import { overlap, sameHosts, type ArbiterState, type Reservation } from './state.ts'
import { answered, refused, type Step } from './step.ts'

/** A place in the line for a reservation (ARBITER.md R5): it lasts as long as its waiter repeats it. */
export interface Ticket {
  readonly ticket: string
  readonly tokenHash: Sha256
  readonly holder: string
  readonly hosts: readonly HostName[]
  readonly since: Millis
  readonly lapsesAt: Millis
}

/** A ticket lapses so long after its last repeat. */
export const ticketMs = 3_000
/** A grant that nobody confirms is free again after so long. */
export const confirmWithinMs = 10_000
const longestLine = 100
/** While anybody stands in line the arbiter looks at the line so often: a longer pause means that it was away. */
const lookEveryMs = 1_000
const awayAfterMs = 2 * lookEveryMs

/** Whether the arbiter was at work in the time since its task before this one. */
export const isAwake = (passed: Millis): boolean => passed <= awayAfterMs

/** Tickets whose waiters went away are no more. After a pause of the arbiter's own they count anew from its first task, so that a restart lapses none. */
export function agedLine(line: readonly Ticket[], passed: Millis, clock: Millis): readonly Ticket[] {
  if (line.length === 0) return line
  if (!isAwake(passed)) return line.map((one) => ({ ...one, lapsesAt: clock + ticketMs }))
  return line.some((one) => one.lapsesAt <= clock) ? line.filter((one) => one.lapsesAt > clock) : line
}

/** Also while a grant is unconfirmed: how long the arbiter was away counts for nobody. */
export const nextLookAtLine = (state: ArbiterState): Millis | null =>
  (state.line ?? []).length > 0 || state.reservations.some((held) => held.unconfirmed != null) ? state.clock + lookEveryMs : null

/** Who stands in line for any of these hosts before this ticket; without one, before whoever comes now. */
export function before(state: ArbiterState, hosts: readonly HostName[], own: Waiter): readonly Ticket[] {
  const line = state.line ?? []
  const place = line.findIndex((one) => isOwn(one, hosts, own))
  return (place === -1 ? line : line.slice(0, place)).filter((one) => overlap(one.hosts, hosts) && !isBy(one, own))
}

type Waiter = Pick<Acquire, 'ticket' | 'tokenHash'>

/** The same ticket, or the same token in a new request: whoever lost its connection keeps its place when it comes back in time. */
const isOwn = (one: Ticket, hosts: readonly HostName[], own: Waiter): boolean => sameHosts(one.hosts, hosts) && isBy(one, own)

/** Nobody waits behind itself. */
const isBy = (one: Ticket, { ticket, tokenHash }: Waiter): boolean => one.ticket === ticket || one.tokenHash === tokenHash

/** Keeps or takes the caller's place. */
export function standInLine(
  state: ArbiterState,
  command: Acquire & { readonly ticket: string },
  hosts: readonly HostName[],
  held: Reservation | null,
): Step {
  const line = state.line ?? []
  const place = line.findIndex((one) => isOwn(one, hosts, command))
  const known = line[place]
  if (known === undefined && line.length >= longestLine) return answered(state, refused('queue_full', { message: 'Too many stand in line already' }))
  const mine: Ticket = {
    ticket: command.ticket,
    tokenHash: command.tokenHash,
    holder: command.holder.slice(0, 120),
    hosts,
    since: known?.since ?? state.clock,
    lapsesAt: state.clock + ticketMs,
  }
  const others = line.filter((one) => one.ticket !== mine.ticket) // with other hosts the same ticket begins anew, at the end
  const after = { ...state, line: known === undefined ? [...others, mine] : line.map((one) => (one === known ? mine : one)) }
  return answered(after, {
    kind: 'waiting',
    position: before(after, hosts, command).length + 1,
    reservation: held === null ? null : factsOf(after, held),
    busy: occupied(after, hosts),
  })
}

/** Granted, or gone: the place is free. */
export const withoutTicket = (
  state: ArbiterState,
  { ticket, tokenHash }: { readonly ticket?: string; readonly tokenHash?: Sha256 },
): ArbiterState => {
  const line = state.line ?? []
  const left = line.filter((one) => one.ticket !== ticket && one.tokenHash !== tokenHash)
  return left.length === line.length ? state : { ...state, line: left }
}

/** A waiter goes away; so does what it was granted and does not know of. */
export function leaveLine(state: ArbiterState, { ticket, by }: LeaveLine): Step {
  const left = withoutTicket(state, { ticket })
  const held = left.reservations.find((one) => one.unconfirmed?.ticket === ticket)
  if (held === undefined) return answered(left, { kind: 'noted' })
  const freed = { ...left, reservations: left.reservations.filter((one) => one !== held) }
  return answered(tellReleased(freed, held, by, 'left_line'), { kind: 'noted' })
}

/** The holder used its token: it knows of its grant. */
export function confirmed(state: ArbiterState, tokenHash: Sha256): ArbiterState {
  if (!state.reservations.some((one) => one.tokenHash === tokenHash && one.unconfirmed != null)) return state
  return { ...state, reservations: state.reservations.map((one) => (one.tokenHash === tokenHash ? { ...one, unconfirmed: null } : one)) }
}
