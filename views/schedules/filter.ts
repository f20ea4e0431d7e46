import type { ScheduleView } from '../../domain/scheduling/schedule.ts'

const pageSize = 50
export const kinds = ['all', 'external', 'managed', 'trouble'] as const

/** What of the schedules a page shows. `page` counts from 1. */
export interface ScheduleFilter {
  readonly q: string
  readonly kind: (typeof kinds)[number]
  readonly page: number
}

export interface Selection {
  readonly shown: readonly ScheduleView[]
  /** How many fit the filter. */
  readonly fitting: number
  readonly page: number
  readonly pages: number
}

/** What needs a person comes first, then what runs, then what comes next; what no longer runs comes last. */
const order: Record<ScheduleView['state'], number> = { missed: 0, failed: 1, late: 2, running: 3, waiting: 4, paused: 5, over: 6 }

/** The part of the schedules that one page shows. A page beyond the last one is the last one. */
export function select(schedules: readonly ScheduleView[], { q, kind, page }: ScheduleFilter): Selection {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const fitting = schedules.filter((schedule) => ofKind(schedule, kind) && words.every((word) => textOf(schedule).includes(word)))
  const sorted = fitting.toSorted(
    (a, b) => order[a.state] - order[b.state] || (a.next_run_at ?? '~').localeCompare(b.next_run_at ?? '~') || a.id.localeCompare(b.id),
  )
  const pages = Math.max(1, Math.ceil(sorted.length / pageSize))
  const current = Math.min(Math.max(1, page), pages)
  return { shown: sorted.slice((current - 1) * pageSize, current * pageSize), fitting: sorted.length, page: current, pages }
}

const ofKind = ({ kind, state }: ScheduleView, wanted: ScheduleFilter['kind']): boolean =>
  wanted === 'all' || (wanted === 'trouble' ? state === 'missed' || state === 'failed' || state === 'late' : kind === wanted)

/** Where a word is looked for. */
const textOf = (schedule: ScheduleView): string =>
  [
    schedule.id,
    schedule.description,
    ...(schedule.kind === 'external'
      ? [schedule.owner, schedule.host, schedule.command, schedule.model]
      : [schedule.action.type, 'model' in schedule.action ? schedule.action.model : null]),
  ]
    .join(' ')
    .toLowerCase()
