import type { ModelKey } from './names.ts'
import type { Swap } from './swap.ts'

/** How long a swap to each model usually takes, in seconds: the middle one of those that completed. */
export function usualSwapS(swaps: readonly Swap[]): ReadonlyMap<ModelKey, number> {
  const took = new Map<ModelKey, number[]>()
  for (const { model, outcome, phases, ended_at } of swaps) {
    const begun = phases[0]?.started_at
    if (model === null || outcome !== 'completed' || begun == null || ended_at === null) continue
    took.set(model, [...(took.get(model) ?? []), (Date.parse(ended_at) - Date.parse(begun)) / 1000])
  }
  return new Map([...took].map(([model, seconds]) => [model, middleOf(seconds)]))
}

const middleOf = (seconds: readonly number[]): number => Math.ceil(seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? 0)
