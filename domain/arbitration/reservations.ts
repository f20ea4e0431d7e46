import type { HostName, Millis } from '../names.ts'
import type { Acquire, Command, Extend, ForceRelease, Release } from './command.ts'
import { warnTime } from './deadlines.ts'
import { rememberEnd, stale, wasForced } from './ended-tokens.ts'
import { before, confirmed, confirmWithinMs, standInLine, withoutTicket } from './line.ts'
import { tellAcquired, tellExtended, tellForced, tellReleased, type Force } from './lock-events.ts'
import { occupied } from './occupancy.ts'
import { factsOf, heldByOthers, reservedBy, without } from './reservation-facts.ts'
import { overlap, sameHosts, union, type ArbiterState, type Reservation } from './state.ts'
import { answered, refused, type Step } from './step.ts'

/** How long after its `notAfter` a command may still come a second time (ARBITER.md A5). */
const repeatMs = 10_000
const shownHolder = 120
const shownText = 500

/** R1, R6: hosts that are not surveyed yet can be reserved, too. Idempotent by token (A5). Nobody passes those who stand in line (R5). */
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
  if (wasForced(state, command.tokenHash)) return answered(state, stale(state, command.tokenHash))
  const [other] = heldByOthers(state, hosts, command.tokenHash)
  const ahead = before(state, hosts, command)
  if (other === undefined && ahead.length === 0) return grant(state, command, hosts)
  const { ticket } = command
  if (ticket !== undefined) return standInLine(state, { ...command, ticket }, hosts, other ?? null)
  if (other !== undefined) return answered(state, reservedBy(state, other))
  const message = `${ahead.length === 1 ? 'One stands' : `${ahead.length} stand`} in line for ${hosts.join(', ')} already`
  return answered(state, refused('reserved', { message, busy: occupied(state, hosts), hosts }))
}

function grant(state: ArbiterState, command: Acquire, hosts: readonly HostName[]): Step {
  const { tokenHash, ticket, by } = command
  const expiresAt = state.clock + command.ttlS * 1000
  const held: Reservation = {
    tokenHash,
    holder: command.holder.slice(0, shownHolder),
    purpose: command.purpose?.slice(0, shownText) ?? null,
    hosts,
    acquiredAt: state.clock,
    expiresAt,
    fence: state.fence + 1,
    commandId: command.id,
    schedule: command.schedule?.slice(0, shownHolder) ?? null,
    warnAt: warnTime(state.clock, expiresAt),
    unconfirmed: ticket === undefined ? null : { ticket, until: state.clock + confirmWithinMs },
  }
  const served = withoutTicket(state, { tokenHash, ...(ticket !== undefined && { ticket }) })
  const after = tellAcquired({ ...served, fence: held.fence, reservations: [...served.reservations, held] }, held, by)
  return answered(after, { kind: 'granted', reservation: factsOf(after, held) })
}

function acquireAgain(state: ArbiterState, own: Reservation, hosts: readonly HostName[], command: Acquire): Step {
  if (own.commandId === command.id) return answered(state, { kind: 'granted', reservation: factsOf(state, own) })
  if (!sameHosts(own.hosts, hosts))
    return answered(
      state,
      refused('invalid_request', { message: `this token holds ${own.hosts.join(', ')} already; other hosts need a token of their own` }),
    )
  // A waiter whose answer was lost repeats its ticket, and is granted what it has.
  if (own.unconfirmed != null && own.unconfirmed.ticket === command.ticket) {
    const held = { ...own, unconfirmed: null, commandId: command.id }
    const after = { ...state, reservations: state.reservations.map((one) => (one === own ? held : one)) }
    return answered(after, { kind: 'granted', reservation: factsOf(after, held) })
  }
  const known = confirmed(state, command.tokenHash)
  return prolonged(known, known.reservations.find((held) => held.tokenHash === command.tokenHash) ?? own, command)
}

/** Extends from now; it never shortens. */
function prolonged(state: ArbiterState, own: Reservation, { ttlS, by }: Pick<Extend, 'ttlS' | 'by'>): Step {
  const expiresAt = Math.max(own.expiresAt, state.clock + ttlS * 1000)
  if (expiresAt === own.expiresAt) return answered(state, { kind: 'extended', reservation: factsOf(state, own) })
  const held: Reservation = { ...own, expiresAt, warnAt: warnTime(state.clock, expiresAt) }
  const after = tellExtended({ ...state, reservations: state.reservations.map((one) => (one === own ? held : one)) }, own, held, by)
  return answered(after, { kind: 'extended', reservation: factsOf(after, held) })
}

/** R4: only the current token extends. */
export function extend(state: ArbiterState, command: Extend): Step {
  const own = state.reservations.find((held) => held.tokenHash === command.tokenHash)
  return own === undefined ? answered(state, stale(state, command.tokenHash)) : prolonged(state, own, command)
}

/** R4; but a holder whose reply was lost, and who asks again, has released it (A5). */
export function release(state: ArbiterState, { tokenHash, notAfter, by }: Release): Step {
  const own = state.reservations.filter((held) => held.tokenHash === tokenHash)
  if (own.length > 0) {
    const released = { tokenHash, until: rememberUntil(notAfter) }
    const after = own.reduce((one, held) => tellReleased(one, held, by), without(state, own))
    return answered({ ...after, released: [...after.released, released].slice(-200) }, { kind: 'released', count: 1 })
  }
  const repeated = state.released.some((gone) => gone.tokenHash === tokenHash)
  return answered(state, repeated ? { kind: 'released', count: 0 } : stale(state, tokenHash))
}

export const rememberUntil = (notAfter: Millis): Millis => notAfter + repeatMs

/** R2, R6: changes who may start next, and nothing that runs. */
export function forceRelease(state: ArbiterState, command: Pick<ForceRelease, 'hosts' | 'reason' | 'by'>): Step {
  const { hosts, reason, by = null } = command
  if (hosts === null && state.reservations.length > 1)
    return answered(
      state,
      refused('invalid_request', {
        message: 'several reservations are held: name the hosts',
        hosts: union(...state.reservations.map((held) => held.hosts)),
      }),
    )
  const ended = state.reservations.filter((held) => hosts === null || overlap(held.hosts, hosts))
  return answered(forced(state, ended, { by, reason }), { kind: 'released', count: ended.length })
}

/** Ends reservations against their holders' wish (G6). */
export const forced = (state: ArbiterState, ended: readonly Reservation[], force: Force): ArbiterState =>
  ended.reduce((one, held) => rememberEnd(tellForced(one, held, force), held, { how: 'forced', ...force }), without(state, ended))

/** R5: any use of a token but the repeat of the acquire itself shows that its holder knows of the grant. */
export function heardFrom(state: ArbiterState, command: Command): ArbiterState {
  if (command.type === 'acquire' || !('tokenHash' in command) || command.tokenHash === null) return state
  return confirmed(state, command.tokenHash)
}

/** The waiter says that it has its answer. */
export const confirm = (state: ArbiterState, tokenHash: string): Step =>
  state.reservations.some((held) => held.tokenHash === tokenHash) ? answered(state, { kind: 'noted' }) : answered(state, stale(state, tokenHash))
