import type { Millis } from '../names.ts'
import { forgetEnds, rememberEnd } from './ended-tokens.ts'
import { agedLine, isAwake, nextLookAtLine, ticketMs } from './line.ts'
import { tellExpired, tellExpiring, tellReleased } from './lock-events.ts'
import { afterSwapMs } from './reservation-facts.ts'
import type { ArbiterState, Reservation } from './state.ts'
import { retryAt } from './surveys.ts'

/** Its holder is warned when so much of a reservation's time is over. */
const warnAfter = 0.8

/**
 * Lets the arbiter's clock run to the server's `now`, and ends what is over by then. The clock stands still while the server's steps back:
 * nothing ends early because of it, and nothing ends later than by the time between two of the arbiter's tasks.
 */
export function atTime(before: ArbiterState, now: Millis): ArbiterState {
  const passed = Math.max(0, now - before.serverClock)
  const clock = before.clock + passed
  const state: ArbiterState = {
    ...before,
    clock,
    serverClock: now,
    remembered: unexpired(before.remembered, clock),
    released: unexpired(before.released, clock),
    withdrawn: unexpired(before.withdrawn, clock),
    ...(before.endedTokens !== undefined && { endedTokens: forgetEnds(before.endedTokens, clock) }),
    ...(before.joins !== undefined && { joins: unexpired(before.joins, clock) }),
    ...(before.line !== undefined && { line: agedLine(before.line, passed, clock) }),
  }
  return state.reservations.reduce((one, held) => aged(one, held, passed), state)
}

const unexpired = <T extends { readonly until: Millis }>(list: readonly T[], clock: Millis): readonly T[] =>
  list.some((item) => item.until <= clock) ? list.filter((item) => item.until > clock) : list

function aged(state: ArbiterState, held: Reservation, passed: Millis): ArbiterState {
  const { clock } = state
  if (swapRunsUnder(state, held)) {
    const expiresAt = clock + afterSwapMs
    // Its end moves along, and the warning with it: one in the middle of the last minute would be no warning.
    return held.expiresAt >= expiresAt ? state : changed(state, held, { expiresAt, warnAt: warnTime(clock, expiresAt) })
  }
  if (held.expiresAt <= clock) return rememberEnd(tellExpired(gone(state, held), held), held, { how: 'expired' })
  if (held.unconfirmed != null && held.unconfirmed.until <= clock) {
    // While the arbiter was away nobody could confirm anything.
    if (isAwake(passed)) return rememberEnd(tellReleased(gone(state, held), held, undefined, 'unconfirmed'), held, { how: 'unconfirmed' })
    return changed(state, held, { unconfirmed: { ...held.unconfirmed, until: clock + ticketMs } })
  }
  const warning = warningAt(held)
  return warning === null || warning > clock ? state : tellExpiring(changed(state, held, { warnAt: null }), held)
}

/** A running swap extends its holder's reservation; one that was released or forced is not in the list, so it is never revived (R3). */
const swapRunsUnder = (state: ArbiterState, held: Reservation): boolean => state.active.some((swap) => swap.tokenHash === held.tokenHash)

const changed = (state: ArbiterState, held: Reservation, change: Partial<Reservation>): ArbiterState => ({
  ...state,
  reservations: state.reservations.map((one) => (one === held ? { ...one, ...change } : one)),
})
const gone = (state: ArbiterState, held: Reservation): ArbiterState => ({
  ...state,
  reservations: state.reservations.filter((one) => one !== held),
})

/** Null: the holder was warned. An earlier version did not note when to. */
const warningAt = ({ warnAt, acquiredAt, expiresAt }: Reservation): Millis | null => (warnAt === undefined ? warnTime(acquiredAt, expiresAt) : warnAt)

/** When the holder of a reservation that was acquired or extended at `from` is to be warned. */
export const warnTime = (from: Millis, expiresAt: Millis): Millis => Math.round(from + (expiresAt - from) * warnAfter)

/**
 * When the arbiter must wake by itself; null: never. All else is decided when somebody asks. A reservation under which a swap runs has no end of its own
 * for so long.
 */
export function wakeAt(state: ArbiterState): Millis | null {
  const times = [retryAt(state), nextLookAtLine(state)].filter((at) => at !== null)
  for (const held of state.reservations) {
    if (swapRunsUnder(state, held)) continue
    times.push(warningAt(held) ?? held.expiresAt)
    if (held.unconfirmed != null) times.push(held.unconfirmed.until)
  }
  return times.length === 0 ? null : Math.min(...times)
}
