import type { PhaseName, Swap } from '../domain/swap.ts'

const median = (values: readonly number[]): number | null => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

const spans = (swaps: readonly Swap[], from: (swap: Swap) => string | null, to: (swap: Swap) => string | null): number[] =>
  swaps.flatMap((swap) => {
    const [start, end] = [from(swap), to(swap)]
    return start === null || end === null ? [] : [Date.parse(end) - Date.parse(start)]
  })

/** How long a phase of this model's swaps usually takes, in ms: the median of those that completed. Null when none did. */
export function usualPhaseMs(model: string | null, phase: PhaseName, recent: readonly Swap[]): number | null {
  const phaseOf = (swap: Swap) => swap.phases.find((one) => one.name === phase && one.state === 'done')
  return median(
    spans(
      recent.filter((swap) => swap.model === model && swap.outcome === 'completed'),
      (swap) => phaseOf(swap)?.started_at ?? null,
      (swap) => phaseOf(swap)?.ended_at ?? null,
    ),
  )
}

/** The same for the whole swap, from its first phase's start to its end. */
export function usualSwapMs(model: string | null, recent: readonly Swap[]): number | null {
  return median(
    spans(
      recent.filter((swap) => swap.model === model && swap.outcome === 'completed'),
      (swap) => swap.phases.find((one) => one.started_at !== null)?.started_at ?? null,
      (swap) => swap.ended_at,
    ),
  )
}
