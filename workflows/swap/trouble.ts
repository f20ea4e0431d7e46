import { ActivityFailure, ApplicationFailure, TimeoutFailure, isCancellation } from '@temporalio/workflow'
import { Cause, causeOf, type ErrorCode } from '../../domain/errors.ts'
import type { TroubleKind } from '../../domain/restore.ts'
import type { PhaseName } from '../../domain/swap.ts'

/** Why a swap did not go on, and what that makes of it. */
export interface Trouble {
  readonly kind: TroubleKind
  readonly cause: Cause
}

/** A cause that the workflow itself found, thrown as Temporal wants it: any other error would only fail the task. */
export const troubled = (cause: Cause): ApplicationFailure =>
  ApplicationFailure.create({ type: cause.code, message: cause.message, nonRetryable: true, details: [cause] })

/** Taken back before its turn: it ends `cancelled`, whatever the cause. */
export const withdrawnBy = (cause: Cause): ApplicationFailure =>
  ApplicationFailure.create({ type: 'withdrawn', message: cause.message, nonRetryable: true, details: [cause] })

/** What a phase that ran out of time is called when nobody could say more. */
const outOfTime: Readonly<Record<PhaseName, ErrorCode>> = {
  preflight: 'preflight_failed',
  stop: 'stop_unproven',
  launch: 'launch_timeout',
  warm: 'warm_failed',
  validate: 'validate_failed',
  restore: 'restore_failed',
  notify: 'unexpected',
}

/** Reads an error that ended a phase. `deadlinePassed`: the swap's own timer cancelled it, and no person. */
export function troubleOf(error: unknown, phase: PhaseName | null, deadlinePassed: boolean): Trouble {
  if (isCancellation(error)) {
    return deadlinePassed ? { kind: 'timed_out', cause: causeOf('timed_out') } : { kind: 'cancelled', cause: causeOf('cancelled') }
  }
  const inner = error instanceof ActivityFailure ? error.cause : error
  if (inner instanceof ApplicationFailure) {
    const cause = Cause.safeParse(inner.details?.[0])
    const known = cause.success ? cause.data : causeOf('unexpected', inner.message)
    return { kind: inner.type === 'withdrawn' ? 'cancelled' : 'failed', cause: known }
  }
  const message = inner instanceof TimeoutFailure ? 'no worker came to its end in time' : inner instanceof Error ? inner.message : String(inner)
  return { kind: 'failed', cause: causeOf(phase === null ? 'unexpected' : outOfTime[phase], message) }
}
