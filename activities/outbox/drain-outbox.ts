import { setTimeout as pause } from 'node:timers/promises'
import { activityInfo, ApplicationFailure, heartbeat } from '@temporalio/activity'
import { auditEvent, isEnd } from '../../domain/audit-event.ts'
import { causeOf, type ErrorCode } from '../../domain/errors.ts'
import type { AuditEvent } from '../../domain/events.ts'
import type { ClusterId } from '../../domain/names.ts'
import { untoldEvents } from '../arbiter.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { AuditWriter } from './audit-writer.ts'
import { recordFor } from './swap-records.ts'
import { Telling } from './telling.ts'
import type { Tellers } from './tellers.ts'

/** Events come in flocks: one drain for all of them. */
const gatherMs = 150
/** The rest is for the next drain, which follows at once. */
const mostAtOnce = 500

export const createOutboxActivities = ({ client, config, places, log }: DepsWithArbiter, tellers: Tellers) => {
  const trail = new AuditWriter(places.auditDir, () => config.read().settings.audit_max_mb * 1024 * 1024)
  const telling = new Telling(tellers, log)

  /** The trail's trouble, or null. Lines that could be written stay. */
  const writeDown = (events: readonly AuditEvent[]): ApplicationFailure | null => {
    try {
      trail.append(events)
      return null
    } catch (error) {
      if (activityInfo().attempt === 1) log.error({ err: error }, 'the audit trail cannot be written; its events wait')
      return unwritable(error)
    }
  }

  const drain = async (clusterId: ClusterId): Promise<{ upTo: number }> => {
    await pause(gatherMs)
    const entries = (await untoldEvents(client, clusterId)).slice(0, mostAtOnce)
    const swaps = await Promise.all(entries.map((entry) => recordFor(entry, client, clusterId)))
    const events = entries.map((entry, i) => auditEvent(entry, swaps[i] ?? null))
    const trouble = writeDown(events)
    const told = await telling.tell(events, activityInfo().attempt)
    if (trouble !== null) throw trouble
    telling.forget(entries.slice(0, told.done).map(({ id }) => id))
    for (const { type, swap_id, result } of events.slice(0, told.done).filter(isEnd)) log.info({ swap_id, outcome: result }, type)
    const upTo = entries[told.done - 1]?.seq
    if (upTo === undefined && told.failure !== null) throw told.failure
    return { upTo: upTo ?? 0 }
  }

  return {
    /**
     * Takes what is in the arbiter's outbox: writes it to the audit trail, starts deliveries to webhooks, and tells the schedule registry of runs. Answers up to
     * which `seq` all is done; the arbiter forgets as much, and runs it again while there is more. Safe to repeat: nobody is told twice. Where one of the three
     * fails the others still get all events; it throws (retryable) when not even the first event is done with.
     */
    drainOutbox: ({ clusterId }: { clusterId: ClusterId }): Promise<{ upTo: number }> => withHeartbeats(heartbeat, () => drain(clusterId)),
  }
}

const diskCodes: Partial<Record<string, ErrorCode>> = {
  ENOSPC: 'data_dir_full',
  EDQUOT: 'data_dir_full',
  EROFS: 'data_dir_read_only',
  EACCES: 'data_dir_read_only',
}

/** Whatever the disk's trouble is, somebody may mend it: nothing is given up. */
function unwritable(error: unknown): ApplicationFailure {
  const code = (error instanceof Error && 'code' in error ? diskCodes[String(error.code)] : undefined) ?? 'unexpected'
  return ApplicationFailure.create({
    type: code,
    message: causeOf(code).message,
    nonRetryable: false,
    ...(error instanceof Error && { cause: error }),
  })
}
