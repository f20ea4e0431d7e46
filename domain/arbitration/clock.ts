import type { Millis } from '../names.ts'
import type { ArbiterState, Reservation } from './state.ts'

/** A holder keeps its reservation for so long after its swap's end (ARBITER.md R3). */
export const afterSwapMs = 60_000

/**
 * Lets the arbiter's clock run to the server's `now`, and drops what is over by then. The clock stands still while the server's steps back:
 * nothing ends early because of it, and nothing ends later than by the time between two of the arbiter's tasks.
 */
export function atTime(state: ArbiterState, now: Millis): ArbiterState {
  const clock = state.clock + Math.max(0, now - state.serverClock)
  return {
    ...state,
    clock,
    serverClock: now,
    reservations: state.reservations.map((held) => whileItsSwapRuns(state, held, clock)).filter((held) => held.expiresAt > clock),
    remembered: unexpired(state.remembered, clock),
    released: unexpired(state.released, clock),
    withdrawn: unexpired(state.withdrawn, clock),
  }
}

/** From the arbiter's clock to the server's, which is what workflows and people read. */
export const toServerClock = (state: ArbiterState, at: Millis): Millis => at + state.serverClock - state.clock
export const fromServerClock = (state: ArbiterState, at: Millis): Millis => at + state.clock - state.serverClock

/** A running swap extends its holder's reservation; one that was released or forced is not in the list, so it is never revived (R3). */
function whileItsSwapRuns(state: ArbiterState, held: Reservation, clock: Millis): Reservation {
  if (!state.active.some((swap) => swap.tokenHash === held.tokenHash)) return held
  return held.expiresAt >= clock + afterSwapMs ? held : { ...held, expiresAt: clock + afterSwapMs }
}

const unexpired = <T extends { readonly until: Millis }>(list: readonly T[], clock: Millis): readonly T[] =>
  list.some((item) => item.until <= clock) ? list.filter((item) => item.until > clock) : list
