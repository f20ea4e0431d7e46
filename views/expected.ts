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

const startOf = (swap: Swap): string => swap.phases.find((one) => one.started_at !== null)?.started_at ?? swap.requested_at

/** When a running swap will have ended, in ms since 1970, if it takes as long as its model usually does. Null when nobody can say. */
export function expectedEndMs(swap: Swap, recent: readonly Swap[]): number | null {
  const usual = usualSwapMs(swap.model, recent)
  return usual === null ? null : Date.parse(startOf(swap)) + usual
}

/**
 * When each queued swap should get its turn, in the order of the queue: after all that is before it on any of its hosts. Null from the first one on
 * whose length nobody knows.
 */
export function expectedStartsMs(queue: readonly Swap[], running: readonly Swap[], recent: readonly Swap[]): (number | null)[] {
  const hostsOf = (swap: Swap): string[] => [...swap.hosts, ...swap.affected_hosts]
  const before: { hosts: string[]; endMs: number | null }[] = running.map((swap) => ({ hosts: hostsOf(swap), endMs: expectedEndMs(swap, recent) }))
  return queue.map((swap) => {
    const hosts = hostsOf(swap)
    const ends = before.filter((one) => one.hosts.some((host) => hosts.includes(host))).map(({ endMs }) => endMs)
    const known = ends.filter((end) => end !== null)
    const startMs = ends.length > 0 && known.length === ends.length ? Math.max(...known) : null
    const usual = usualSwapMs(swap.model, recent)
    before.push({ hosts, endMs: startMs === null || usual === null ? null : startMs + usual })
    return startMs
  })
}
