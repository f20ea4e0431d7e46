const soonestMs = 1_000
const latestMs = 60_000
/** A run that waited long already may be a little later: the pause is this part of what it waited. */
const share = 20
/** A reservation has ended for certain only a moment after its time. */
const afterItsEndMs = 500

interface Waiting {
  readonly waitedMs: number
  /** How long it may still wait. */
  readonly leftMs: number
  /** When that which refused should be over; null where nobody knows. */
  readonly freeInMs: number | null
}

/** When a refused run asks again, in milliseconds from now: soon at first, then each minute, and as soon as what refused should be over. Null: it is at the end of its patience. */
export function asksAgainInMs({ waitedMs, leftMs, freeInMs }: Waiting): number | null {
  if (leftMs <= 0) return null
  const usual = Math.min(latestMs, Math.max(soonestMs, waitedMs / share))
  const whenFree = freeInMs === null ? usual : Math.max(soonestMs, freeInMs + afterItsEndMs)
  return Math.ceil(Math.min(usual, whenFree, leftMs))
}
