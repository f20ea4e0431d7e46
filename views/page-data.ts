import type { Model } from '../domain/model.ts'
import type { ScheduleList } from '../domain/scheduling/schedule.ts'
import type { Status } from '../domain/status.ts'
import type { SwapProgress } from '../domain/swap-answer.ts'
import type { Swap } from '../domain/swap.ts'

/** All that the dashboard shows, read at one moment. Views get this and nothing else: no clock, no I/O. */
export interface PageData {
  readonly status: Status
  readonly models: readonly Model[]
  /** The last swaps that ended, newest first. */
  readonly recent: readonly Swap[]
  /** The swaps that run now: several, when their hosts have nothing in common. */
  readonly running: readonly RunningSwap[]
  /** What is planned; null while nobody can say. */
  readonly schedules: ScheduleList | null
}

export interface RunningSwap {
  readonly swap: Swap
  /** How far its phase is; null while nothing has been heard. */
  readonly progress: SwapProgress | null
}

/** Where the stylesheets and scripts are, with their content's hash in the path so that they may be cached for ever. */
export interface Assets {
  readonly styles: readonly string[]
  /** htmx and its extensions. They begin when the document is complete, and so must be there before. */
  readonly libraries: readonly string[]
  /** Our own script, run when the document is complete and before the libraries begin. */
  readonly script: string
  readonly icon: string
}
