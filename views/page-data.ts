import type { Model } from '../domain/model.ts'
import type { Status } from '../domain/status.ts'
import type { SwapProgress } from '../domain/swap-answer.ts'
import type { Swap } from '../domain/swap.ts'

/** All that the dashboard shows, read at one moment. Views get this and nothing else: no clock, no I/O. */
export interface PageData {
  readonly status: Status
  readonly models: readonly Model[]
  /** The last swaps that ended, newest first. */
  readonly recent: readonly Swap[]
  /** How far `status.swap` is, while one runs. */
  readonly progress: SwapProgress | null
}

/** Where the stylesheets and scripts are, with their content's hash in the path so that they may be cached for ever. */
export interface Assets {
  readonly styles: readonly string[]
  readonly scripts: readonly string[]
  readonly icon: string
}
