/** The value below or at which `share` (0–1) of the values lie (nearest rank). Throws RangeError when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
  if (value === undefined) throw new RangeError('no values, no percentile')
  return value
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)
