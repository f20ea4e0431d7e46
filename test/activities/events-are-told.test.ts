import { pino } from 'pino'
import { expect, test } from 'vitest'
import { runOf, Telling } from '../../activities/outbox/telling.ts'
import type { Tellers } from '../../activities/outbox/tellers.ts'
import type { AuditEvent } from '../../domain/events.ts'
import { auditEventAt } from '../setup/audit-sample.ts'

/** Tellers that write down what they are told, and refuse what is in `refused`. */
function listeners() {
  const heard: string[] = []
  const refused = new Set<string>()
  const hear = (who: string, id: string): Promise<void> => {
    if (refused.has(id)) return Promise.reject(new Error('not now'))
    heard.push(`${who} ${id}`)
    return Promise.resolve()
  }
  const tellers: Tellers = { announce: ({ id }) => hear('webhooks', id), noteRun: ({ eventId }) => hear('registry', eventId) }
  return { heard, refused, telling: new Telling(tellers, pino({ level: 'silent' })) }
}

const swapEnd = (seq: number, more: Partial<AuditEvent> = {}): AuditEvent =>
  auditEventAt(seq, { type: 'swap_failed', schedule: 'nightly', swap_id: 'swap-0001', result: 'failed', data: { outcome: 'failed' }, ...more })

test('webhooks are told of what is for them, the registry of what names a schedule', async () => {
  const { heard, telling } = listeners()
  const events = [swapEnd(1), auditEventAt(2, { type: 'lock_extended', schedule: 'nightly' }), auditEventAt(3, { type: 'host_back', data: {} })]
  expect(await telling.tell(events, 1)).toEqual({ done: 3, failure: null })
  expect(heard).toEqual(['webhooks evt_1', 'registry evt_1', 'webhooks evt_3'])
})

test('one that cannot be told holds no later one up, and is all that is told again', async () => {
  const { heard, refused, telling } = listeners()
  const events = [1, 2, 3].map((seq) => swapEnd(seq, { schedule: null }))
  refused.add('evt_2')
  expect(await telling.tell(events, 1)).toMatchObject({ done: 1, failure: { message: 'not now' } })
  expect(heard).toEqual(['webhooks evt_1', 'webhooks evt_3'])
  refused.clear()
  expect(await telling.tell(events, 2)).toEqual({ done: 3, failure: null })
  expect(heard).toEqual(['webhooks evt_1', 'webhooks evt_3', 'webhooks evt_2'])
})

test('one that can never be told is given up in the end', async () => {
  const { refused, telling } = listeners()
  refused.add('evt_1')
  expect(await telling.tell([swapEnd(1), swapEnd(2)], 199)).toMatchObject({ done: 0 })
  expect(await telling.tell([swapEnd(1), swapEnd(2)], 200)).toEqual({ done: 2, failure: null })
})

test.each([
  [{ type: 'lock_acquired' }, { what: 'started', via: 'lock' }],
  [{ type: 'swap_queued' }, { what: 'started', via: 'swap' }],
  [{ type: 'swap_started' }, { what: 'started', via: 'swap' }],
  [{ type: 'swap_complete' }, { what: 'ok', via: 'swap' }],
  [
    { type: 'swap_failed', result: 'restored' },
    { what: 'failed', via: 'swap', detail: 'restored' },
  ],
  [
    { type: 'swap_failed', data: { cause: { code: 'out_of_memory', message: 'too large', line: null, advice: 'less' } } },
    { what: 'failed', detail: 'too large' },
  ],
  [
    { type: 'schedule_run', result: 'joined' },
    { what: 'ok', via: 'swap' },
  ],
  [
    { type: 'schedule_run', result: 'already_serving', swap_id: null },
    { what: 'ok', via: 'swap', swapId: null },
  ],
  [{ type: 'schedule_run', result: 'asked for by hand' }, null],
  [{ type: 'schedule_missed' }, null],
  [{ type: 'lock_released' }, null],
] satisfies [Partial<AuditEvent>, object | null][])('%j tells the registry %j', (event, run) => {
  const seen = runOf(auditEventAt(7, { schedule: 'nightly', swap_id: 'swap-0001', ...event }))
  if (run === null) expect(seen).toBeNull()
  else expect(seen).toMatchObject({ eventId: 'evt_7', scheduleId: 'nightly', swapId: 'swap-0001', at: 1_772_000_007_000, ...run })
  expect(runOf(auditEventAt(7, { ...event, schedule: null }))).toBeNull()
})
