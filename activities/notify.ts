import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../domain/swap.ts'
import type { ActivityDeps } from './deps.ts'

/** An event as webhooks and the audit trail have it. Its id is derived from the swap's, so that telling it twice is telling it once. */
export interface SwapEvent {
  readonly swapId: string
  readonly type: 'swap_complete' | 'swap_failed'
  readonly outcome: Outcome
  /** More of what happened, for the event's `data`. */
  readonly data?: Readonly<Record<string, unknown>>
}

const eventId = (swapId: string): string => `evt_${swapId}_ended`

export const createNotifyActivities = ({ places, log }: ActivityDeps) => ({
  /** Appends the event to the audit trail, once. A swap's outcome does not hang on it. */
  async recordEvent(event: SwapEvent): Promise<void> {
    const id = eventId(event.swapId)
    const file = join(places.auditDir, 'events.jsonl')
    await mkdir(places.auditDir, { recursive: true })
    if (await isRecorded(file, id)) return
    const data = { swap_id: event.swapId, outcome: event.outcome, ...event.data }
    await appendFile(file, `${JSON.stringify({ id, type: event.type, timestamp: new Date().toISOString(), data })}\n`, { mode: 0o600 })
    log.info({ swap_id: event.swapId, outcome: event.outcome }, event.type)
  },
})

async function isRecorded(file: string, id: string): Promise<boolean> {
  try {
    return (await readFile(file, 'utf8')).includes(`{"id":"${id}"`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
