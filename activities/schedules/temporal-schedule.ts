import type { ScheduleOptions, ScheduleSpec, ScheduleSummary } from '@temporalio/client'
import { z } from 'zod'
import type { FoundSchedule, Registered } from '../../domain/scheduling/command.ts'
import { ManagedBody, managedRunWorkflowId, ScheduleBody, temporalScheduleId } from '../../domain/scheduling/schedule.ts'
import type { Millis } from '../../domain/names.ts'
import { oddDays } from '../../domain/scheduling/clock-changes.ts'
import { planOf, type Plan } from '../../domain/scheduling/when.ts'

/** What a schedule in Temporal remembers of its definition. Temporal itself keeps only what it made of it. */
const Memo = z.object({ definition: ScheduleBody, created_at: z.number(), updated_at: z.number(), revision: z.number() })

const overlaps = { skip: 'SKIP', buffer_one: 'BUFFER_ONE', allow_all: 'ALLOW_ALL' } as const satisfies Record<ManagedBody['overlap'], string>

/**
 * A registered schedule as Temporal's own, made at `now`. An external one is always paused, and if somebody resumes it all the same, what it starts does nothing.
 */
export function temporalSchedule(clusterId: string, taskQueue: string, one: Registered, now: Millis): ScheduleOptions {
  const { body } = one
  const spec = specOf(planOf(body, one.createdAt), now)
  const request = { clusterId, scheduleId: body.id }
  return {
    scheduleId: temporalScheduleId(clusterId, body.id),
    spec: body.kind === 'managed' ? { ...spec, jitter: body.jitter_s * 1_000 } : spec,
    action:
      body.kind === 'managed'
        ? { type: 'startWorkflow', workflowType: 'managedRun', workflowId: managedRunWorkflowId(clusterId, body.id), taskQueue, args: [request] }
        : { type: 'startWorkflow', workflowType: 'externalRun', workflowId: `external/${clusterId}/${body.id}`, taskQueue, args: [request] },
    policies: body.kind === 'managed' ? { overlap: overlaps[body.overlap], catchupWindow: body.catchup_window_s * 1_000 } : { overlap: 'SKIP' },
    state: { paused: isPaused(one), note: noteOf(one), ...(body.at === undefined ? {} : { remainingActions: 1 }) },
    memo: { definition: body, created_at: one.createdAt, updated_at: one.updatedAt, revision: one.revision } satisfies z.input<typeof Memo>,
  }
}

/** Whether Temporal's schedule must be paused. */
export const isPaused = (one: Registered): boolean => one.body.kind === 'external' || one.paused

/** Shown beside the schedule on Temporal's own page. */
export function noteOf({ body, paused }: Registered): string {
  if (body.kind === 'external')
    return `Run by the cron of ${body.owner} on ${body.host}. Spark Control watches it and never fires it: leave it paused`
  return paused ? 'Paused in Spark Control' : 'Fired by Temporal for Spark Control'
}

/** The definition that a schedule in Temporal was made from; null for one that was not made by us. */
export function definitionIn({ memo, state }: Pick<ScheduleSummary, 'memo' | 'state'>): FoundSchedule | null {
  const read = Memo.safeParse(memo)
  if (!read.success) return null
  const { definition: body, created_at: createdAt, updated_at: updatedAt, revision } = read.data
  return { body, paused: body.kind === 'managed' && state.paused, createdAt, updatedAt, revision }
}

function specOf(plan: Plan, now: Millis): ScheduleSpec {
  const { spec } = plan
  switch (spec.kind) {
    case 'cron': {
      const { days, times } = oddDays(spec.fields, plan, spec.timezone, now)
      return {
        ...{ cronExpressions: [...spec.expressions], timezone: spec.timezone },
        skip: days.map(({ year, month, day }) => ({ year, month: monthNames[month - 1] ?? 'JANUARY', dayOfMonth: day, hour: '*', minute: '*' })),
        // The day's full minutes are skipped, so these come a second later. An interval as long as the time since 1970 ends once in a lifetime.
        intervals: times.map((time) => ({ every: time + 1_000 })),
      }
    }
    case 'every':
      return { intervals: [{ every: spec.everyMs, offset: spec.offsetMs }] }
    case 'at': {
      const at = new Date(spec.at)
      const day = { year: at.getUTCFullYear(), month: monthNames[at.getUTCMonth()] ?? 'JANUARY', dayOfMonth: at.getUTCDate() }
      return { calendars: [{ ...day, hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds() }], timezone: 'UTC' }
    }
  }
}

const monthNames = ['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE', 'JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const
