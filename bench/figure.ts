export type MeasureId = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7'

/** What a figure should be; `null` where it is shown for comparison only. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number } | null

/** One measured number. Its unit is the end of its name: `_s`, `_ms`, `_mb`; a ratio has none. */
export interface Figure {
  readonly measure: MeasureId
  readonly name: string
  readonly value: number
  readonly goal: Goal
  /** What it was compared with in the same run, or what it is made of. */
  readonly note?: string
}

/** A figure at its goal is ok; one without a goal has no verdict. */
export function verdict({ value, goal }: Figure): 'ok' | 'short' | '' {
  if (goal === null) return ''
  return ('atMost' in goal ? value <= goal.atMost : value >= goal.atLeast) ? 'ok' : 'short'
}

/** `P3 lock_p99_ms 34 goal 50 ok (note)`: words in this order, so that a program can read them too. */
export function lineOf(figure: Figure): string {
  const { measure, name, goal, note } = figure
  const judged = goal === null ? [] : ['goal', String(goalNumber(goal)), verdict(figure)]
  return [measure, name, shown(figure.value), ...judged, ...(note === undefined ? [] : [`(${note})`])].join(' ')
}

export const goalNumber = (goal: NonNullable<Goal>): number => ('atMost' in goal ? goal.atMost : goal.atLeast)

/** Four digits that count: more would be noise. Whole numbers stay whole. */
export const shown = (value: number): string => String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4)))
