import type { Logger } from 'pino'
import { Cause } from '../../domain/errors.ts'
import { eventTypes, type AuditEvent, type EventType } from '../../domain/events.ts'
import type { SeenRun, Tellers } from './tellers.ts'

/** After so many attempts of a drain an event that cannot be told is given up: it is in the audit trail, and others must not wait behind it for ever. */
const mostAttempts = 200
const longestMs = 8_000

const runs: Partial<Record<EventType, Pick<SeenRun, 'what' | 'via'>>> = {
  lock_acquired: { what: 'started', via: 'lock' },
  swap_queued: { what: 'started', via: 'swap' },
  swap_started: { what: 'started', via: 'swap' },
  swap_complete: { what: 'ok', via: 'swap' },
  swap_failed: { what: 'failed', via: 'swap' },
}

/** Tells others of events, each in its turn. One that fails holds none of the later ones up; what was told is not told again while it waits. */
export class Telling {
  readonly #tellers: Tellers
  readonly #log: Logger
  readonly #told = new Set<string>()

  constructor(tellers: Tellers, log: Logger) {
    this.#tellers = tellers
    this.#log = log
  }

  /** How many events from the first on are done with, and the first failure. After a while the rest is left for another time. */
  async tell(events: readonly AuditEvent[], attempt: number): Promise<{ done: number; failure: Error | null }> {
    const until = performance.now() + longestMs
    let done = events.length
    let failure: Error | null = null
    for (const [i, event] of events.entries()) {
      if (performance.now() > until) return { done: Math.min(done, i), failure }
      try {
        await this.#once(event)
      } catch (error) {
        if (attempt >= mostAttempts) {
          this.#log.error(
            { err: error, event: event.id, type: event.type },
            'an event could not be told, and is given up: it is in the audit trail only',
          )
          continue
        }
        if (failure === null) this.#log.warn({ err: error, event: event.id, type: event.type }, 'an event could not be told yet')
        done = Math.min(done, i)
        failure ??= error instanceof Error ? error : new Error(String(error))
      }
    }
    return { done, failure }
  }

  /** They have left the outbox: nobody asks for them again. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#told.delete(id)
  }

  async #once(event: AuditEvent): Promise<void> {
    const { id, type, timestamp, data } = event
    if (this.#told.has(id)) return
    if (eventTypes[type].webhook && data !== null) await this.#tellers.announce({ id, type, timestamp, data })
    const run = runOf(event)
    if (run !== null) await this.#tellers.noteRun(run)
    this.#told.add(id)
  }
}

/** What an event tells of a run of the schedule that it names; null where it names none, or tells nothing of it. */
export function runOf({ id, type, timestamp, schedule, swap_id, result, data }: AuditEvent): SeenRun | null {
  if (schedule === null) return null
  const seen = { eventId: id, scheduleId: schedule, at: Date.parse(timestamp), swapId: swap_id, detail: null }
  // It came, and became part of a swap whose end is another's.
  if (type === 'schedule_run' && result === 'joined')
    return { ...seen, what: 'ok', via: 'swap', detail: 'it joined a swap that was asked for already' }
  if (type === 'schedule_run' && result === 'already_serving') return { ...seen, what: 'ok', via: 'swap', detail: 'its model was there already' }
  const run = runs[type]
  if (run === undefined) return null
  return { ...seen, ...run, detail: type === 'swap_failed' ? (causeIn(data) ?? result) : null }
}

const causeIn = (data: AuditEvent['data']): string | null => Cause.safeParse(data?.['cause']).data?.message ?? null
