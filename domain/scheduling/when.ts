import { Cron } from 'croner'
import cronstrue from 'cronstrue'
import type { Millis } from '../names.ts'
import { bothDaysMustFit, cronText, CronTrouble, readCron, type CronFields } from './cron.ts'
import type { ScheduleBody } from './schedule.ts'

export type When = Pick<ScheduleBody, 'cron' | 'every' | 'at' | 'timezone'>

/** A plan that was read. `next` is pure but for the rules of time zones, which change: it is not for workflow code. */
export interface Plan {
  /** The first due time after this one; null when there is none. */
  next(after: Millis): Millis | null
  /** For people: `At 03:00, every day, Europe/Zurich`. */
  readonly words: string
  /** How Temporal is told the same. */
  readonly spec: PlanSpec
}

export type PlanSpec =
  | { readonly kind: 'cron'; readonly expressions: readonly string[]; readonly timezone: string; readonly fields: CronFields }
  | { readonly kind: 'every'; readonly everyMs: number; readonly offsetMs: number }
  | { readonly kind: 'at'; readonly at: Millis }

export type WhenRefused = {
  readonly code: 'invalid_request' | 'cron_invalid' | 'cron_never_fires' | 'unknown_timezone'
  readonly message: string
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** Due times that are closer together could not be told apart from late ones. */
const shortestEveryMs = 10_000

/**
 * Reads when a schedule is due, for one that is registered at `now`. Exactly one of `cron`, `every` and `at` must be there, and it must come due some day.
 *
 * Where clocks are put forward, a job at fixed times runs once, at the first moment after the gap, and where they are put back once, at the first of the two.
 * A job whose minute or hour begins with `*` follows the clock on the wall: it skips the gap and runs in both. That is how Vixie cron does it.
 */
export function checkWhen(when: When, now: Millis): Plan | WhenRefused {
  const given = [when.cron, when.every, when.at].filter((one) => one !== undefined)
  if (given.length !== 1) return { code: 'invalid_request', message: 'exactly one of cron, every and at says when' }
  const timezone = knownTimezone(when.timezone)
  if (timezone === null) return { code: 'unknown_timezone', message: `${when.timezone} is no IANA time zone, as Europe/Zurich is one` }
  if (when.every !== undefined) return everyPlan(when.every, now)
  if (when.at !== undefined) {
    const plan = atPlan(Date.parse(when.at), timezone)
    return plan.next(now) === null ? { code: 'cron_never_fires', message: `${when.at} is over` } : plan
  }
  return cronPlan(when.cron ?? '', timezone, now)
}

export const isRefused = (one: Plan | WhenRefused): one is WhenRefused => 'code' in one

/** Plans are asked for again and again; a plan with its next times is small. */
const plans = new Map<string, Plan>()
const mostPlans = 4_000

/** The plan of a registered schedule. One that cannot be read here, as its time zone is not known to this machine, never comes due. */
export function planOf(when: When, createdAt: Millis): Plan {
  const name = JSON.stringify([when.cron, when.every, when.at, when.timezone, when.every === undefined ? 0 : createdAt])
  const known = plans.get(name)
  if (known !== undefined) return known
  // `at` may be over by now: that is no fault of a schedule that was registered before.
  const read = when.at === undefined ? checkWhen(when, createdAt) : checkWhen(when, Date.parse(when.at) - 1)
  const plan = isRefused(read) ? neverPlan(read.message) : read
  if (plans.size >= mostPlans) plans.clear()
  plans.set(name, plan)
  return plan
}

/** At most `count` due times after `from`, ascending. */
export const nextTimes = (plan: Plan, from: Millis, count: number): Millis[] => dueTimes(plan, from, Number.POSITIVE_INFINITY, count)

/** At most `most` due times after `after` and not after `upTo`, ascending. */
export function dueTimes(plan: Plan, after: Millis, upTo: Millis, most: number): Millis[] {
  const times: Millis[] = []
  for (let due = plan.next(after); due !== null && due <= upTo && times.length < most; due = plan.next(due)) times.push(due)
  return times
}

/** The zone by its proper name; null for one that is not there. Offsets like `+02:00` are none. */
function knownTimezone(name: string): string | null {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return null
  }
}

function cronPlan(expression: string, timezone: string, now: Millis): Plan | WhenRefused {
  try {
    const fields = readCron(expression)
    const next = remembering(cronTimes(fields, timezone))
    if (next(now) === null) return { code: 'cron_never_fires', message: `${expression} never comes due: no such day is in any year` }
    return { next, words: `${cronWords(fields)}, ${timezone}`, spec: { kind: 'cron', expressions: temporalCrons(fields), timezone, fields } }
  } catch (error) {
    if (error instanceof CronTrouble) return { code: 'cron_invalid', message: error.message }
    throw error
  }
}

function cronTimes(fields: CronFields, timezone: string): (after: Millis) => Millis | null {
  const text = cronText(fields)
  // croner takes only a lone `*` for unrestricted; cron takes what begins with it.
  const cron = new Cron(text, { mode: '5-part', timezone, domAndDow: bothDaysMustFit(fields), fixedTimeRule: 'no-wildcard' })
  return (after) => cron.nextRun(new Date(after))?.getTime() ?? null
}

/** Temporal wants both days to fit, so that what fits either becomes two. */
const temporalCrons = (fields: CronFields): readonly string[] =>
  bothDaysMustFit(fields) ? [cronText(fields)] : [cronText(fields, { dayOfWeek: '*' }), cronText(fields, { dayOfMonth: '*' })]

function cronWords(fields: CronFields): string {
  const tell = (text: string): string => cronstrue.toString(text, { use24HourTimeFormat: true, verbose: true, logicalAndDayFields: true })
  if (bothDaysMustFit(fields)) return tell(cronText(fields))
  const [first, second] = [cronText(fields, { dayOfWeek: '*' }), cronText(fields, { dayOfMonth: '*' })].map(tell)
  return `${first ?? ''}, or ${(second ?? '').slice(0, 1).toLowerCase()}${(second ?? '').slice(1)}`
}

function everyPlan(every: string, createdAt: Millis): Plan | WhenRefused {
  const unit = every.slice(-1) as keyof typeof units // the body's pattern lets no other through
  const count = Number(every.slice(0, -1))
  const everyMs = count * units[unit]
  if (everyMs < shortestEveryMs) return { code: 'cron_invalid', message: `every ${every} is too often: 10s is the least` }
  const unitWords = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[unit]
  return {
    next: (after) => createdAt + Math.max(1, Math.floor((after - createdAt) / everyMs) + 1) * everyMs,
    words: count === 1 ? `Every ${unitWords}` : `Every ${count} ${unitWords}s`,
    spec: { kind: 'every', everyMs, offsetMs: createdAt % everyMs },
  }
}

function atPlan(at: Millis, timezone: string): Plan {
  const local = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' }).format(at)
  return { next: (after) => (after < at ? at : null), words: `Once, on ${local}, ${timezone}`, spec: { kind: 'at', at } }
}

const neverPlan = (why: string): Plan => ({ next: () => null, words: `Never: ${why}`, spec: { kind: 'at', at: 0 } })

/** Remembers a run of consecutive due times: readers ask for the same few again and again, and each costs some reckoning with the time zone. */
function remembering(next: (after: Millis) => Millis | null): (after: Millis) => Millis | null {
  const most = 256
  let from = Number.POSITIVE_INFINITY
  let times: Millis[] = []
  return (after) => {
    const end = times.at(-1) ?? from
    if (after >= from && after < end) return times.find((time) => time > after) ?? null
    const time = next(after)
    if (time === null) return null
    if (after !== end) [from, times] = [after, []]
    else if (times.length >= most) [from, times] = [times[most / 2] ?? from, times.slice(most / 2 + 1)] // time goes on: the older half is asked for no more
    times.push(time)
    return time
  }
}
