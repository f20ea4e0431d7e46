import type { Millis } from '../names.ts'
import type { KeptRun, Registered } from './command.ts'
import type { ScheduleView } from './schedule.ts'
import { dueTimes, planOf, type Plan } from './when.ts'

/** A run that begins a little before its time belongs to it: clocks differ. */
const earliestMs = 300_000
/** A cron needs a moment to begin; only then is it late. */
const promptMs = 30_000
/** Whatever was begun so long ago and never ended is not running any more, as far as anyone can tell. */
const longestRunMs = 24 * 3_600_000
/** To find the last due times before a moment, look back this far first, then further, so that a dense plan costs no more than a sparse one. */
const lookBacksMs = [60_000, 600_000, 3 * 3_600_000, 48 * 3_600_000]
/** Due times before this many others are not judged one by one. */
const mostAtOnce = 2_000

/** How late a run may come, in milliseconds. */
export const graceMsOf = ({ body }: Registered): Millis => 1_000 * (body.kind === 'external' ? body.grace_s : body.catchup_window_s + body.jitter_s)

/**
 * The due time that a run belongs to which began at `at`: the last one before it, if it came within its grace and no other run has it; else the next one, if the run is
 * early by a tenth of the time between due times, and five minutes, at most; else the last one all the same. Null for a run at no planned time.
 */
export function dueTimeOf(known: Registered, at: Millis): Millis | null {
  const plan = planOf(known.body, known.createdAt)
  const last = lastDue(plan, at, graceMsOf(known))
  const taken = last !== null && known.runs.some((run) => run.due === last && run.state !== 'missed')
  if (last !== null && !taken) return last
  const next = plan.next(at)
  if (next === null) return last
  const between = (plan.next(next) ?? Number.POSITIVE_INFINITY) - next
  return next - at <= Math.min(earliestMs, between / 10) ? next : last
}

/** The last due time at or before `at`, and at most `withinMs` before it. */
function lastDue(plan: Plan, at: Millis, withinMs: Millis): Millis | null {
  const first = plan.next(at - withinMs - 1)
  if (first === null || first > at) return null
  const second = plan.next(first)
  if (second === null || second > at) return first
  for (const back of [...lookBacksMs.filter((ms) => ms < withinMs), withinMs]) {
    const last = dueTimes(plan, at - back - 1, at, mostAtOnce).at(-1)
    if (last !== undefined) return last
  }
  return null
}

export interface MissedTime {
  readonly due: Millis
  /** Nobody looked in its time: it may have come unseen. */
  readonly unseen: boolean
}

/**
 * Due times of an external schedule after `judgedUntil` whose grace was over at `now` and at which nothing came. Of those that nobody could have seen only the last is
 * told. `judgedUntil` goes on with `judged`, the last due time whose grace is over.
 */
export function missedTimes(
  known: Registered,
  judgedUntil: Millis,
  gaps: readonly { readonly from: Millis; readonly to: Millis }[],
  now: Millis,
): { readonly missed: readonly MissedTime[]; readonly judged: Millis } {
  const grace = graceMsOf(known)
  const from = Math.max(judgedUntil, known.plannedSince, known.forgottenBefore)
  const due = dueTimes(planOf(known.body, known.createdAt), from, now - grace - 1, mostAtOnce)
  const came = new Set(known.runs.map((run) => run.due))
  const missed = due
    .filter((time) => !came.has(time))
    .map((time) => ({ due: time, unseen: gaps.some((gap) => gap.from < time + grace && gap.to > time) }))
  const lastUnseen = missed.findLast((time) => time.unseen)
  return { missed: missed.filter((time) => !time.unseen || time === lastUnseen), judged: due.at(-1) ?? judgedUntil }
}

/** How a schedule stands at `now`. `next` is its next due time. */
export function standingOf(known: Registered, next: Millis | null, now: Millis): ScheduleView['state'] {
  const newest = known.runs[0]
  if (known.runs.some((run) => isUnderWay(run, known, now))) return 'running'
  if (known.paused) return 'paused'
  if (isLate(known, now)) return 'late'
  if (newest?.state === 'missed') return 'missed'
  if (newest?.state === 'failed') return 'failed'
  return next === null ? 'over' : 'waiting'
}

const isUnderWay = (run: KeptRun, { body }: Registered, now: Millis): boolean =>
  run.endedAt === null && now - run.startedAt < Math.max(longestRunMs, 4_000 * (body.expected_s ?? 0))

/** A due time has passed, nothing came, and there is still time for it to come. Managed ones are Temporal's to fire. */
function isLate(known: Registered, now: Millis): boolean {
  if (known.body.kind !== 'external') return false
  const grace = graceMsOf(known)
  const last = lastDue(planOf(known.body, known.createdAt), now - Math.min(promptMs, grace / 3), grace)
  return last !== null && last > known.plannedSince && last >= now - grace && !known.runs.some((run) => run.due === last)
}
