import { rfc3339, type Millis } from './names.ts'
import type { KeptRun, Registered } from './scheduling/command.ts'
import type { ScheduleRun, ScheduleView } from './scheduling/schedule.ts'
import { standingOf } from './scheduling/standing.ts'
import { nextTimes, planOf } from './scheduling/when.ts'

const timesShown = 5

/** A schedule as everybody is shown it, at `now`. `times` are its next due times where somebody knows them better than the plan: Temporal itself. */
export function scheduleView(known: Registered, now: Millis, times: readonly Millis[] | null = null): ScheduleView {
  const plan = planOf(known.body, known.createdAt)
  const coming = known.paused ? [] : (times ?? nextTimes(plan, now, timesShown))
  const runs = known.runs.map(runView)
  const next = coming[0] ?? null
  const shown = {
    state: standingOf(known, next, now),
    words: plan.words,
    next_run_at: next === null ? null : rfc3339(next),
    next_runs: coming.slice(0, timesShown).map(rfc3339),
    last_run: runs[0] ?? null,
    runs,
    paused: known.paused,
    created_at: rfc3339(known.createdAt),
    updated_at: rfc3339(known.updatedAt),
    in_temporal: known.inTemporal === known.revision,
  }
  return known.body.kind === 'managed' ? { ...known.body, ...shown } : { ...known.body, ...shown }
}

const runView = ({ due, startedAt, endedAt, state, via, swapId, detail }: KeptRun): ScheduleRun => ({
  due_at: due === null ? null : rfc3339(due),
  started_at: rfc3339(startedAt),
  ended_at: endedAt === null ? null : rfc3339(endedAt),
  state,
  via,
  swap_id: swapId,
  detail,
})
