import type { Millis } from '../names.ts'
import type { CronFields } from './cron.ts'
import { dueTimes, type Plan } from './when.ts'

/** A day of a time zone on which its clocks are changed. */
export interface ChangeDay {
  readonly year: number
  readonly month: number
  readonly day: number
  /** Its beginning and end. */
  readonly from: Millis
  readonly to: Millis
  /** Minutes of the day that come twice or not at all, and as many before and after them: from, up to and without. */
  readonly minutes: readonly [number, number]
}

const [minuteMs, dayMs] = [60_000, 86_400_000]
const aheadDays = 3_653
const strideDays = 14
/** A plan with more due times a day goes on by itself, as well as it can. */
const mostADay = 48

/**
 * Days in the next ten years on which a plan is due at a time that its clock skips or shows twice, with its due times of those days. Temporal does such days in its
 * own way: it leaves out what is skipped, takes the later of two, and fires an hour after it has fired once more. So it is told these days by themselves.
 */
export function oddDays(
  fields: CronFields,
  plan: Plan,
  timezone: string,
  now: Millis,
): { readonly days: readonly ChangeDay[]; readonly times: readonly Millis[] } {
  const days: ChangeDay[] = []
  const times: Millis[] = []
  for (const day of changeDays(timezone, now)) {
    if (!isDueWithin(fields, day.minutes)) continue
    const due = dueTimes(plan, day.from - 1, day.to - 1, mostADay + 1)
    if (due.length > mostADay) return { days: [], times: [] }
    // A day without a due time of ours needs no word: Temporal has none either.
    if (due.length > 0) {
      days.push(day)
      times.push(...due)
    }
  }
  return { days, times }
}

const isDueWithin = ({ hour, minute }: CronFields, [from, to]: readonly [number, number]): boolean =>
  hour.values.some((h) => minute.values.some((m) => h * 60 + m >= from && h * 60 + m < to))

const known = new Map<string, { readonly day: number; readonly days: readonly ChangeDay[] }>()

/** Looks where the distance to UTC changes: from one stride to the next, for no zone changes its clocks twice within one. Once a day a zone. */
function changeDays(timezone: string, now: Millis): readonly ChangeDay[] {
  const today = Math.floor(now / dayMs)
  const before = known.get(timezone)
  if (before?.day === today) return before.days
  const offset = offsets(timezone)
  const days: ChangeDay[] = []
  for (let day = today; day < today + aheadDays; day += strideDays) {
    const [from, to] = [day * dayMs, (day + strideDays) * dayMs]
    if (offset(from) !== offset(to)) days.push(changeDay(offset, from, to))
  }
  known.set(timezone, { day: today, days })
  return days
}

function changeDay(offset: (at: Millis) => number, from: Millis, to: Millis): ChangeDay {
  let [before, after] = [from, to]
  while (after - before > minuteMs) {
    const middle = before + Math.floor((after - before) / 2 / minuteMs) * minuteMs
    if (offset(middle) === offset(from)) before = middle
    else after = middle
  }
  const [earlier, later] = [offset(from), offset(to)]
  // In the zone's own time, as if that were UTC.
  const [first, last] = [after + Math.min(earlier, later), after + Math.max(earlier, later)]
  const begins = Math.floor(first / dayMs) * dayMs
  const date = new Date(begins)
  return {
    ...{ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() },
    ...{ from: begins - earlier, to: begins + dayMs - later },
    minutes: [(2 * first - last - begins) / minuteMs, (2 * last - first - begins) / minuteMs],
  }
}

/** How far a zone is ahead of UTC, in milliseconds. */
function offsets(timezone: string): (at: Millis) => number {
  const format = new Intl.DateTimeFormat('en', {
    ...{
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    },
  })
  return (at) => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - at
  }
}
