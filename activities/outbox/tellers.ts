import type { WebhookEvent } from '../../domain/events.ts'
import type { Millis, SwapId } from '../../domain/names.ts'

/** What an event tells of a run of a schedule. `scheduleId` is as a caller wrote it: it need not be a schedule's. */
export interface SeenRun {
  readonly eventId: string
  readonly scheduleId: string
  readonly at: Millis
  readonly what: 'started' | 'ok' | 'failed'
  readonly via: 'swap' | 'lock'
  readonly swapId: SwapId | null
  readonly detail: string | null
}

/** Who is told of events, beside the audit trail. Each may be told twice and acts once. Throws when it could not be told now: it is told again. */
export interface Tellers {
  /** Starts a delivery to each webhook that wants it. */
  readonly announce: (event: WebhookEvent) => Promise<void>
  /** Tells the schedule registry of a run. */
  readonly noteRun: (run: SeenRun) => Promise<void>
}
