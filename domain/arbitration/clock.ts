import type { Millis } from '../names.ts'
import type { ArbiterState } from './state.ts'

/** From the arbiter's clock to the server's, which is what workflows and people read. */
export const toServerClock = (state: ArbiterState, at: Millis): Millis => at + state.serverClock - state.clock
export const fromServerClock = (state: ArbiterState, at: Millis): Millis => at + state.clock - state.serverClock
