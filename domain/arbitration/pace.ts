import type { Millis } from '../names.ts'
import type { SwapEnd } from './command.ts'
import type { ActiveSwap, ArbiterState } from './state.ts'

/** How long the last completed swap to a model took, from its `go` to its end. */
export interface Pace {
  readonly model: string | null
  readonly tookMs: number
}

const mostKept = 100

/** When a swap that begins now should be over, judged by the last completed one to the same model; null when there was none. */
export function expectedEnd(state: ArbiterState, model: string | null): Millis | null {
  const known = state.paces?.find((pace) => pace.model === model)
  return known === undefined ? null : state.clock + known.tookMs
}

/** Remembers how long a completed swap took. Any other end tells nothing about the model. */
export function learnPace(state: ArbiterState, swap: ActiveSwap, end: SwapEnd): ArbiterState {
  if (end.outcome !== 'completed') return state
  const others = (state.paces ?? []).filter((pace) => pace.model !== swap.model)
  return { ...state, paces: [{ model: swap.model, tookMs: state.clock - swap.startedAt }, ...others].slice(0, mostKept) }
}
