import type { Millis } from '../names.ts'

/** How a count of bytes moves. Times are one clock's. */
export interface Progress {
  readonly bytes: number | null
  /** When it last grew, or was begun. */
  readonly grewAt: Millis
  /** Of the last while; null before there is one. */
  readonly bytesPerS: number | null
  readonly seen: readonly { readonly at: Millis; readonly bytes: number }[]
}

const rateOverMs = 15_000

export const noProgress = (now: Millis): Progress => ({ bytes: null, grewAt: now, bytesPerS: null, seen: [] })

/** A look that found so many bytes. Fewer than before are no growth: a tool threw something away and begins a file anew. */
export function progressed(before: Progress, bytes: number, now: Millis): Progress {
  const seen = [...before.seen.filter(({ at }) => now - at <= rateOverMs), { at: now, bytes }]
  const first = seen[0]
  const took = first === undefined ? 0 : now - first.at
  return {
    bytes,
    grewAt: before.bytes === null || bytes > before.bytes ? now : before.grewAt,
    bytesPerS: first === undefined || took < 500 ? before.bytesPerS : Math.max(0, Math.round(((bytes - first.bytes) * 1000) / took)),
    seen,
  }
}

/** Bytes flat for so long. */
export const isStill = ({ grewAt }: Progress, now: Millis, afterMs: number): boolean => now - grewAt >= afterMs
