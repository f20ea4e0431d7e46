import type { Millis, SwapId } from '../names.ts'
import type { ScheduleBody, ScheduleId, ScheduleRun } from './schedule.ts'

/** What is told of a run. `started` may be all that is ever known of it; an end without a start is a run as well. */
export interface RunNews {
  /** Whoever tells it twice under one id has told it once. */
  readonly eventId: string
  readonly at: Millis
  readonly what: 'started' | 'ok' | 'failed' | 'skipped'
  readonly via: Exclude<ScheduleRun['via'], 'nothing'>
  readonly swapId: SwapId | null
  /** Joins an end to its start where there is no swap: the workflow run of a managed schedule. */
  readonly key: string | null
  readonly detail: string | null
}

/** A run as the registry keeps it. */
export interface KeptRun {
  readonly due: Millis | null
  readonly startedAt: Millis
  readonly endedAt: Millis | null
  readonly state: ScheduleRun['state']
  readonly via: ScheduleRun['via']
  readonly swapId: SwapId | null
  readonly key: string | null
  readonly detail: string | null
  /** Ids of the events that it was made from. */
  readonly events: readonly string[]
}

/** A schedule as the registry keeps it. All times are the server's. */
export interface Registered {
  readonly body: ScheduleBody
  /** Managed ones only: nobody can pause another's cron. */
  readonly paused: boolean
  /** Whole seconds; `every` counts from here. */
  readonly createdAt: Millis
  readonly updatedAt: Millis
  /** Since when its due times are expected: its plan was changed then, or it was resumed. */
  readonly plannedSince: Millis
  /** Newest first. */
  readonly runs: readonly KeptRun[]
  /** Runs before this time are not known any more. */
  readonly forgottenBefore: Millis
  /** Grows with each change that Temporal's own schedule must show. */
  readonly revision: number
  /** The revision that Temporal shows; null when it has none. */
  readonly inTemporal: number | null
}

/** A schedule that Temporal has, as its memo tells. */
export interface FoundSchedule {
  readonly body: ScheduleBody
  readonly paused: boolean
  readonly createdAt: Millis
  readonly updatedAt: Millis
  readonly revision: number
}

/**
 * What anyone may ask of the schedule registry. `due` is the planned time that a run belongs to: it is worked out by whoever tells of the run, because the rules
 * of time zones change, and workflow code that is replayed must not.
 */
export type ScheduleCommand =
  | { readonly type: 'register'; readonly body: ScheduleBody }
  | { readonly type: 'remove'; readonly id: ScheduleId }
  | { readonly type: 'pause' | 'resume'; readonly id: ScheduleId }
  | { readonly type: 'note_run'; readonly id: ScheduleId; readonly due: Millis | null; readonly news: RunNews }
  | { readonly type: 'note_missed'; readonly id: ScheduleId; readonly due: Millis; readonly detail: string | null }
  /** Temporal's own schedule shows this revision now; null: it has none any more. */
  | { readonly type: 'mirrored'; readonly id: ScheduleId; readonly revision: number | null }
  /** A removed schedule is gone from Temporal, too. */
  | { readonly type: 'unmirrored'; readonly id: ScheduleId }
  /** Somebody paused or resumed a managed one on Temporal's own page. */
  | { readonly type: 'pause_seen'; readonly id: ScheduleId; readonly revision: number; readonly paused: boolean }
  /** All schedules of this cluster that Temporal has: what the registry does not know it takes up. */
  | { readonly type: 'found'; readonly schedules: readonly FoundSchedule[] }
  /** Somebody looked at the due times until here, and (`from`) not between these two. */
  | { readonly type: 'watched'; readonly from: Millis | null; readonly until: Millis }

export type ScheduleRefusal = 'unknown_schedule' | 'schedule_exists' | 'schedule_not_managed' | 'too_many_schedules'

/** One answer a command, in the same order. A refusal is a value. */
export type ScheduleAnswer =
  /** `before` is what it was, when it was there and was changed. */
  | { readonly kind: 'registered'; readonly created: boolean; readonly changed: boolean; readonly before: ScheduleBody | null }
  | { readonly kind: 'removed'; readonly before: ScheduleBody }
  | { readonly kind: 'noted' }
  /** Nothing was to be changed: it was told before, or is of no interest any more. */
  | { readonly kind: 'known' }
  | { readonly kind: 'refused'; readonly code: ScheduleRefusal }

/** One Update. In the registry's clock, which a caller learns from replies. */
export interface ScheduleBatch {
  readonly commands: readonly ScheduleCommand[]
  readonly notAfter: Millis
}

export type ScheduleReply =
  | { readonly kind: 'decided'; readonly now: Millis; readonly answers: readonly ScheduleAnswer[] }
  /** Nothing was done: it came after its time, or the registry is still finding its schedules in Temporal. */
  | { readonly kind: 'late' | 'recovering'; readonly now: Millis }

/** All that the registry holds; also what it hands to its next run. */
export interface RegistryState {
  readonly clusterId: string
  /** Grows with every change, over all registries of a cluster. */
  readonly version: number
  readonly clock: Millis
  /** False until a fresh registry was told what Temporal has. */
  readonly recovered: boolean
  readonly schedules: Readonly<Record<ScheduleId, Registered>>
  /** Removed ones, for a while: not to be taken up again from a list that is behind. `pending` ones are still in Temporal. */
  readonly removed: readonly { readonly id: ScheduleId; readonly at: Millis; readonly pending: boolean }[]
  /** Times in which nobody looked at due times, the last few. */
  readonly gaps: readonly { readonly from: Millis; readonly to: Millis }[]
  /** Due times were looked at until here, as well as the registry knows; null for a fresh one. */
  readonly watchedUntil: Millis | null
  readonly definitionBytes: number
}

/** Answer of the query: null to a reader who knows this version already. */
export type RegistryNews = RegistryState | null
