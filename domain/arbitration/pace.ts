import type { Millis } from '../names.ts'
import { phaseNames, type PhaseName } from '../swap.ts'
import { fromServerClock } from './clock.ts'
import type { SwapEnd } from './command.ts'
import type { ActiveSwap, ArbiterState } from './state.ts'

/** How long completed swaps to a model took. */
export interface Pace {
  readonly model: string | null
  /** The last one, from its `go` to its end. */
  readonly tookMs: Millis
  /** Each phase of the last three, newest first; absent where an earlier version learnt it. */
  readonly phases?: Partial<Readonly<Record<PhaseName, readonly Millis[]>>>
}

export interface PhaseBegun {
  readonly phase: PhaseName
  readonly at: Millis
}

const mostModels = 100
const samples = 3

const paceOf = (state: ArbiterState, model: string | null): Pace | undefined => state.paces?.find((pace) => pace.model === model)

/** How long a swap to this model usually takes; null where none was completed yet. */
export function usualMs(state: ArbiterState, model: string | null): Millis | null {
  const pace = paceOf(state, model)
  return pace === undefined ? null : pace.phases === undefined ? pace.tookMs : restFrom(pace.phases, 'preflight')
}

/** When a swap that begins now should be over; null where nobody can say. */
export function expectedEnd(state: ArbiterState, model: string | null): Millis | null {
  const took = usualMs(state, model)
  return took === null ? null : state.clock + took
}

/** A running swap tells of its phase: what is still to come usually takes so long. `told` is what it expects itself, in the server's clock. */
export function inPhase(state: ArbiterState, swapId: string, phase: PhaseName, told: Millis | null): ArbiterState {
  const begun = (swap: ActiveSwap): ActiveSwap => {
    if (swap.phase === phase) return swap // told twice
    const expectedEndAt = told === null ? endAfter(state, swap, phase) : fromServerClock(state, told)
    return { ...swap, phase, phases: [...(swap.phases ?? []), { phase, at: state.clock }].slice(-phaseNames.length), expectedEndAt }
  }
  return { ...state, active: state.active.map((swap) => (swap.swapId === swapId ? begun(swap) : swap)) }
}

/** A swap that puts the previous model back is on a way that no completed one has gone. */
function endAfter(state: ArbiterState, { model, startedAt }: ActiveSwap, phase: PhaseName): Millis | null {
  const pace = paceOf(state, model)
  if (pace === undefined || phase === 'restore') return null
  return pace.phases === undefined ? startedAt + pace.tookMs : state.clock + restFrom(pace.phases, phase)
}

const restFrom = (phases: NonNullable<Pace['phases']>, first: PhaseName): Millis =>
  phaseNames.slice(phaseNames.indexOf(first)).reduce((sum, name) => sum + median(phases[name] ?? []), 0)

const median = (some: readonly Millis[]): Millis => some.toSorted((a, b) => a - b)[Math.floor(some.length / 2)] ?? 0

/** Remembers how long a completed swap took. Any other end tells nothing about the model. */
export function learnPace(state: ArbiterState, swap: ActiveSwap, end: SwapEnd): ArbiterState {
  if (end.outcome !== 'completed') return state
  const others = (state.paces ?? []).filter((pace) => pace.model !== swap.model)
  const known = paceOf(state, swap.model)?.phases ?? {}
  const took = Object.entries(durations(state, swap)).map(([phase, ms]) => [phase, [ms, ...(known[phase as PhaseName] ?? [])].slice(0, samples)])
  const phases = { ...known, ...(Object.fromEntries(took) as NonNullable<Pace['phases']>) } // keys and values are as `durations` has them
  const pace: Pace = { model: swap.model, tookMs: state.clock - swap.startedAt, ...(took.length > 0 && { phases }) }
  return { ...state, paces: [pace, ...others].slice(0, mostModels) }
}

/** Each phase lasts until the next begins; the first has the way to it as well, so that all together are the whole. */
function durations(state: ArbiterState, { startedAt, phases = [] }: ActiveSwap): Partial<Record<PhaseName, Millis>> {
  const took: Partial<Record<PhaseName, Millis>> = {}
  phases.forEach(({ phase, at }, i) => {
    took[phase] = (took[phase] ?? 0) + (phases[i + 1]?.at ?? state.clock) - (i === 0 ? startedAt : at)
  })
  return took
}
