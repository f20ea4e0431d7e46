import { expect, test } from 'vitest'
import { auditEvent } from '../../domain/audit-event.ts'
import { causeOf } from '../../domain/errors.ts'
import { eventDataSchemas, type WebhookEventType } from '../../domain/event-data.ts'
import { AuditEvent, WebhookEvent, webhookEventTypes } from '../../domain/events.ts'
import { changed, queuedSwap } from '../../domain/swap-record.ts'
import type { Swap } from '../../domain/swap.ts'
import { outboxEntry } from '../setup/audit-sample.ts'

const at = 1_772_000_000_000
const queued = queuedSwap({
  swapId: 'swap-0001',
  model: 'qwen3-30b',
  hosts: ['spark-1'],
  holder: 'nightly',
  schedule: 'night-model',
  reason: null,
  acceptedAt: at,
})
const running = changed(queued, {
  type: 'told_to_go',
  fence: 7,
  hosts: ['spark-1'],
  affectedHosts: ['spark-1', 'spark-2'],
  previous: [{ model: 'gemma-3-27b', hosts: ['spark-1', 'spark-2'] }],
  deadlineAt: at + 60_000,
})
const stopping = changed(running, { type: 'phase_begun', phase: 'stop', at: at + 1_000, detail: null })
const failed = changed(changed(stopping, { type: 'phase_failed', phase: 'stop', at: at + 3_500, detail: 'container stays' }), {
  type: 'ended',
  outcome: 'failed',
  left: { 'spark-1': 'previous', 'spark-2': 'unknown' },
  cause: { code: 'stop_unproven', message: 'it stays', line: 'docker: permission denied', advice: 'look' },
  at: at + 4_000,
})
const end = outboxEntry({ id: 'evt_swap-0001_ended', type: 'swap_failed', swapId: 'swap-0001', result: 'failed', at: at + 4_100 })
const held = {
  holder: 'anna',
  purpose: 'a demo',
  hosts: ['spark-1'],
  acquired_at: '2026-02-25T06:13:20.000Z',
  expires_at: '2026-02-25T06:23:20.000Z',
  fence: 5,
}

const bytesOf = (event: AuditEvent): number => {
  const { id, type, timestamp, data } = event
  return Buffer.byteLength(JSON.stringify(WebhookEvent.parse({ id, type, timestamp, data })))
}

test('the end of a swap tells its record: what was there, what each host is left with, how long it took, and why', () => {
  const line = auditEvent(end, failed)
  expect(line).toMatchObject({ result: 'failed', schedule: 'night-model', fence: 7, hosts: ['spark-1', 'spark-2'] })
  expect(line.before).toEqual({ deployments: [{ model: 'gemma-3-27b', hosts: ['spark-1', 'spark-2'] }] })
  expect(line.after).toEqual({ model: 'qwen3-30b', left: { 'spark-1': 'previous', 'spark-2': 'unknown' } })
  expect(line.data).toMatchObject({
    swap_id: 'swap-0001',
    model: 'qwen3-30b',
    previous_model: 'gemma-3-27b',
    affected_hosts: ['spark-1', 'spark-2'],
    holder: 'nightly',
    outcome: 'failed',
    phases: [{ name: 'stop', state: 'failed', duration_s: 2.5, detail: 'container stays' }],
    cause: { code: 'stop_unproven', line: 'docker: permission denied' },
  })
})

test('a swap whose record is behind, or gone, is told by what the event says', () => {
  expect(auditEvent(end, stopping).data).toMatchObject({ outcome: 'failed', model: 'qwen3-30b' })
  expect(auditEvent(end, null).data).toMatchObject({ swap_id: 'swap-0001', outcome: 'failed', model: null, phases: [] })
})

test('a failed swap is never told as completed', () => {
  const completed: Swap = { ...failed, outcome: 'completed' }
  expect(auditEvent({ ...end, result: 'terminated' }, completed)).toMatchObject({ result: 'terminated', data: { outcome: 'terminated' } })
})

test('a forced lock tells whose it was, who took it, and why', () => {
  const forced = outboxEntry({
    type: 'lock_forced',
    by: { name: 'bob', address: '::1' },
    fence: 5,
    reason: 'it hangs',
    before: held,
    after: { holder: 'bob', swap_id: 'swap-0001' },
  })
  expect(auditEvent(forced, null).data).toEqual({ ...held, before_holder: 'anna', after_holder: 'bob', by: 'bob', reason: 'it hangs' })
})

const examples: Record<WebhookEventType, Parameters<typeof auditEvent>> = {
  swap_queued: [outboxEntry({ type: 'swap_queued', swapId: 'swap-0001', after: { model: 'qwen3-30b' } }), queued],
  swap_started: [outboxEntry({ type: 'swap_started', swapId: 'swap-0001', fence: 7 }), running],
  swap_complete: [
    { ...end, type: 'swap_complete', result: 'completed' },
    { ...failed, outcome: 'completed' },
  ],
  swap_failed: [end, failed],
  lock_acquired: [outboxEntry({ type: 'lock_acquired', after: held }), null],
  lock_released: [outboxEntry({ type: 'lock_released', before: held }), null],
  lock_expiring: [outboxEntry({ type: 'lock_expiring', after: held }), null],
  lock_expired: [outboxEntry({ type: 'lock_expired', before: held }), null],
  lock_forced: [outboxEntry({ type: 'lock_forced', before: held, reason: 'it hangs' }), null],
  schedule_missed: [
    outboxEntry({
      type: 'schedule_missed',
      schedule: 'nightly',
      data: { schedule: 'nightly', due_at: '2026-02-25T03:00:00.000Z', owner: 'anna', host: 'nas', command: null, grace_s: 300 },
    }),
    null,
  ],
  download_complete: [
    outboxEntry({
      ...{ type: 'download_complete', hosts: ['spark-1', 'spark-2'], result: 'completed' },
      data: { download_id: 'spark-1~org--name', model: 'mine', repo: 'org/name', host: 'spark-1', copied_to: ['spark-2'], bytes: 12, cause: null },
    }),
    null,
  ],
  download_failed: [outboxEntry({ type: 'download_failed', hosts: ['spark-1'], result: 'failed', data: { cause: causeOf('gated_repo') } }), null],
  host_unreachable: [outboxEntry({ type: 'host_unreachable', hosts: ['spark-1'], result: 'connection refused' }), null],
  host_back: [outboxEntry({ type: 'host_back', hosts: ['spark-1'] }), null],
  deployment_lost: [
    outboxEntry({
      type: 'deployment_lost',
      hosts: ['spark-1'],
      swapId: 'swap-0001',
      result: 'its container is gone',
      data: { model: 'qwen3-30b', last_line: 'Killed' },
    }),
    null,
  ],
  deployment_adopted: [outboxEntry({ type: 'deployment_adopted', hosts: ['spark-1'], data: { model: 'gemma' } }), null],
  engine_wedged: [outboxEntry({ type: 'engine_wedged', hosts: ['spark-1'], swapId: 'swap-0001', data: { model: 'qwen3-30b' } }), null],
  guardian_gave_up: [outboxEntry({ type: 'guardian_gave_up', hosts: ['spark-1'], result: 'it was tried twice' }), null],
  service_down: [outboxEntry({ type: 'service_down', result: 'nothing listens', data: { service: 'vectors', kind: 'qdrant' } }), null],
  service_up: [outboxEntry({ type: 'service_up', data: { service: 'vectors', kind: 'qdrant' } }), null],
  webhook_disabled: [
    outboxEntry({
      type: 'webhook_disabled',
      reason: 'HTTP 410',
      data: { webhook_id: 'wh_1', name: null, url: 'https://example.org/', reason: 'HTTP 410' },
    }),
    null,
  ],
  ping: [outboxEntry({ type: 'ping', data: { webhook_id: 'wh_1' } }), null],
}

test.each(webhookEventTypes)('data of %s is as its schema says; with nothing known, too', (type) => {
  const schema = eventDataSchemas[type as WebhookEventType]
  const [entry, swap] = examples[type as WebhookEventType]
  const bare = outboxEntry({ type, ...(entry.swapId !== undefined && { swapId: entry.swapId }) })
  for (const line of [auditEvent(entry, swap), auditEvent(bare, null)]) {
    expect(schema.parse(line.data)).toEqual(line.data)
    expect(AuditEvent.parse(line)).toEqual(line)
  }
})

test.each([
  ['plain', 'x'],
  ['of three bytes', '漢'],
  ['of surrogate pairs', '🙂'],
  ['that JSON spells out', '\u0001'],
])('texts without end, %s, leave a body below 20 kB that fits its schema', (_, char) => {
  const long = char.repeat(100_000)
  const hosts = Array.from({ length: 200 }, (_, i) => `spark-${String(i).padStart(57, '0')}`)
  const huge: Swap = {
    ...failed,
    hosts,
    affected_hosts: hosts,
    holder: long,
    reason: long,
    left: Object.fromEntries(hosts.map((host) => [host, 'unknown' as const])),
    previous: hosts.map((host) => ({ model: long, hosts: [host, ...hosts] })),
    phases: failed.phases.map((phase) => ({ ...phase, started_at: failed.requested_at, detail: long })),
    cause: { code: 'stop_unproven', message: long, line: long, advice: long },
  }
  const swapLine = auditEvent({ ...end, by: { name: long, address: null }, reason: long }, huge)
  expect(eventDataSchemas.swap_failed.parse(swapLine.data)).toEqual(swapLine.data)
  expect(swapLine.data).toMatchObject({ swap_id: 'swap-0001', outcome: 'failed', cause: { code: 'stop_unproven' } })
  expect(bytesOf(swapLine)).toBeLessThan(20_000)

  const lock = { ...held, holder: long, purpose: long, hosts }
  const lockLine = auditEvent(outboxEntry({ type: 'lock_forced', before: lock, after: lock, reason: long }), null)
  expect(eventDataSchemas.lock_forced.parse(lockLine.data)).toEqual(lockLine.data)
  expect(bytesOf(lockLine)).toBeLessThan(20_000)

  const nested = { deep: Array.from({ length: 100 }, () => ({ deep: Array.from({ length: 100 }, () => long) })) }
  expect(bytesOf(auditEvent(outboxEntry({ type: 'webhook_disabled', data: nested, reason: 'x' }), null))).toBeLessThan(20_000)
})
