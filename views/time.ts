import { html, type Html } from './html.ts'

/**
 * Times are sent in UTC and shown in the reader's own zone by app.js, which reads `data-show`. Their text is left alone when a region is
 * refreshed (`hx-morph-skip-children`), so that a ticking clock does not flicker back to UTC.
 */
const timeElement = (at: string, show: 'time' | 'plan' | 'elapsed' | 'remaining', text: string): Html =>
  html`<time datetime="${at}" title="${at}" data-show="${show}" hx-morph-skip-children>${text}</time>`

/** `05:00:12`, with the date where it is not today. */
export const moment = (at: string): Html => timeElement(at, 'time', `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`)

/** A planned time, to the minute and with its day: `tomorrow 22:00`. */
export const planned = (at: string): Html => timeElement(at, 'plan', `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`)

/** Counts up from `at`: `1 min 05 s`. */
export const elapsedSince = (at: string): Html => timeElement(at, 'elapsed', `since ${at.slice(11, 19)} UTC`)

/** Counts down to `at`: `9 min 12 s`. */
export const remainingUntil = (at: string): Html => timeElement(at, 'remaining', `until ${at.slice(11, 19)} UTC`)

/** A length of time in words, at most two units: `4.2 s`, `38 s`, `2 min 05 s`, `1 h 10 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** How long something took, where both ends are known. */
export const took = (from: string | null, to: string | null): string | null =>
  from === null || to === null ? null : duration(Date.parse(to) - Date.parse(from))
