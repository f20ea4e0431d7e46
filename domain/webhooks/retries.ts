/** Pauses before the first, second, … attempt, in seconds: 75 h 35 min in all. */
export const pauses_s = [0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600] as const

const jitter = 0.2
const longestRetryAfter_s = 24 * 3600

export interface PauseFacts {
  /** 0…1, drawn anew for each pause, so that deliveries that failed together do not come back together. */
  readonly chance: number
  /** Setting `webhook_retry_scale`: shortens our own pauses, never what the receiver asks for. */
  readonly scale: number
  /** What the receiver asked for; null when it did not. */
  readonly retryAfterS: number | null
}

/** Milliseconds until the next attempt when `made` attempts have failed; null when all have been made. */
export function nextPauseMs(made: number, { chance, scale, retryAfterS }: PauseFacts): number | null {
  const pause_s = pauses_s[made]
  if (pause_s === undefined) return null
  const own = pause_s * (1 - jitter + 2 * jitter * chance) * scale
  return Math.round(1000 * Math.max(own, Math.min(retryAfterS ?? 0, longestRetryAfter_s)))
}

/** How long a delivery steps aside, in milliseconds, when too many others are under way. */
export const asidePauseMs = (chance: number): number => Math.round(5_000 + 10_000 * chance)

/** `Retry-After` in seconds from now: a number of them, or a date. Null for anything else. */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const text = header.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const at = /^[A-Za-z]{3}, \d{2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000))
}

/** An endpoint that fails and fails: since when without a single success, and how often. Times in milliseconds. */
export interface Failing {
  readonly since: number
  readonly attempts: number
}

const tooLong_ms = 5 * 24 * 3600 * 1000
/** One failure a week is no endpoint that has failed for a week. */
const tooMany = 10

export const afterFailure = (before: Failing | null, now: number): Failing => ({ since: before?.since ?? now, attempts: (before?.attempts ?? 0) + 1 })

/** Why the endpoint is switched off by itself; null while it is given more time. */
export const hasFailedTooLong = ({ since, attempts }: Failing, now: number): string | null =>
  now - since > tooLong_ms && attempts >= tooMany ? `failed for more than 5 days, ${String(attempts)} attempts in a row` : null
