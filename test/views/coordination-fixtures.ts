import type { AuditEvent, EventType } from '../../domain/events.ts'
import type { Conflict, ScheduleRun, ScheduleView } from '../../domain/scheduling/schedule.ts'
import type { Attempt, Delivery, WebhookView } from '../../domain/webhooks/webhook.ts'
import { ago } from './fixtures.ts'

/** Schedules, webhooks and events in the states that the tests look at. */

type External = Extract<ScheduleView, { kind: 'external' }>
type Managed = Extract<ScheduleView, { kind: 'managed' }>

export const run = (more: Partial<ScheduleRun> = {}): ScheduleRun => ({
  due_at: ago(7200),
  started_at: ago(7195),
  ended_at: ago(6900),
  state: 'ok',
  via: 'swap',
  swap_id: 'swap-00000001',
  detail: null,
  ...more,
})

const shown = {
  state: 'waiting',
  next_run_at: ago(-3600),
  next_runs: [ago(-3600), ago(-90_000), ago(-176_400)],
  last_run: run(),
  runs: [run()],
  paused: false,
  created_at: ago(900_000),
  updated_at: ago(900_000),
  in_temporal: true,
} as const

export const external = (id: string, more: Partial<External> = {}): External => ({
  kind: 'external',
  id,
  cron: '0 6 * * *',
  timezone: 'Europe/Berlin',
  owner: 'anna',
  host: 'nas',
  command: '/home/anna/bin/summaries.sh --model gpt-oss-120b',
  model: 'gpt-oss-120b',
  grace_s: 300,
  words: 'At 06:00, every day, Europe/Berlin',
  ...shown,
  next_runs: [...shown.next_runs],
  runs: [...shown.runs],
  ...more,
})

export const managed = (id: string, more: Partial<Managed> = {}): Managed => ({
  kind: 'managed',
  id,
  cron: '0 22 * * *',
  timezone: 'Europe/Berlin',
  action: { type: 'swap', model: 'gpt-oss-120b', on_failure: 'restore', restart: false },
  when_refused: 'wait',
  wait_s: 3600,
  overlap: 'skip',
  catchup_window_s: 600,
  jitter_s: 0,
  words: 'At 22:00, every day, Europe/Berlin',
  ...shown,
  next_run_at: ago(-7200),
  next_runs: [...shown.next_runs],
  last_run: run({ via: 'fired' }),
  runs: [run({ via: 'fired' })],
  ...more,
})

export const someSchedules = (): ScheduleView[] => [
  external('nightly-summaries'),
  external('transcripts', {
    state: 'missed',
    host: 'mini',
    owner: 'ben',
    model: undefined,
    words: 'Every 6 hours, UTC',
    last_run: run({ state: 'missed', via: 'nothing', swap_id: null, ended_at: null, detail: 'nothing came by 5 min after its time' }),
  }),
  managed('models-night'),
  managed('models-day', { state: 'paused', paused: true, next_run_at: null, words: 'At 07:00, every day, Europe/Berlin', last_run: null, runs: [] }),
  managed('sweep', {
    state: 'failed',
    action: { type: 'health_sweep' },
    last_run: run({ state: 'failed', via: 'fired', swap_id: null, detail: 'spark-2 does not answer' }),
  }),
]

export const conflict = (more: Partial<Conflict> = {}): Conflict => ({
  at: ago(-86_400),
  hosts: ['spark-1'],
  between: ['nightly-summaries', 'models-night'],
  words: 'models-night begins while nightly-summaries still needs spark-1, until 2026-11-25T05:40:00.000Z as a rule',
  ...more,
})

export const webhook = (id: string, more: Partial<WebhookView> = {}): WebhookView => ({
  id,
  name: 'Home Assistant',
  url: 'http://192.168.1.20:8123/api/webhook/spark',
  events: ['swap_complete', 'swap_failed'],
  enabled: true,
  source: 'api',
  disabled: null,
  secret_set: true,
  ...more,
})

export const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  number: 1,
  at: ago(60),
  status: 200,
  latency_ms: 42,
  response: '{"ok":true}',
  error: null,
  ...more,
})

export const delivery = (id: string, more: Partial<Delivery> = {}): Delivery => ({
  delivery_id: id,
  webhook_id: 'home-assistant',
  url: 'http://192.168.1.20:8123/api/webhook/spark',
  event_id: `evt_${id}`,
  type: 'swap_complete',
  state: 'delivered',
  attempts: [attempt()],
  created_at: ago(61),
  next_attempt_at: null,
  ended_at: ago(60),
  redelivery: false,
  ...more,
})

export const someWebhooks = (): WebhookView[] => [
  webhook('home-assistant'),
  webhook('from-file', { name: 'n8n', url: 'http://n8n.lan:5678/webhook/spark', source: 'file', events: [] }),
  webhook('gone', { name: null, url: 'https://old.example/hook', enabled: false, disabled: { at: ago(4000), reason: 'it answered 410 Gone' } }),
  webhook('quiet', { name: 'Quiet', enabled: false }),
]

export const someDeliveries = (): Delivery[] => [
  delivery('d-3', {
    type: 'swap_failed',
    webhook_id: 'from-file',
    state: 'pending',
    ended_at: null,
    next_attempt_at: ago(-300),
    attempts: [
      attempt({ status: null, latency_ms: 15_000, response: '', error: 'timeout' }),
      attempt({ number: 2, status: 502, latency_ms: 12, response: '<h1>Bad gateway</h1>', error: 'status 502' }),
    ],
  }),
  delivery('d-2'),
  delivery('d-1', { webhook_id: 'gone', state: 'failed', attempts: [attempt({ status: 410, error: 'status 410' })] }),
]

let nextSeq = 0
export const auditEvent = (type: EventType, more: Partial<AuditEvent> = {}): AuditEvent => {
  const seq = more.seq ?? 1_764_000_000_000_000 + (nextSeq += 1)
  return {
    seq,
    id: `evt_${String(seq)}`,
    type,
    timestamp: ago(120),
    actor: { name: 'dashboard', address: '192.168.1.7' },
    hosts: ['spark-1'],
    swap_id: null,
    schedule: null,
    fence: null,
    reason: null,
    result: null,
    before: null,
    after: null,
    data: null,
    ...more,
  }
}

/** Newest first, as the control gives them. */
export const someEvents = (): AuditEvent[] => [
  auditEvent('swap_failed', {
    seq: 1_764_000_000_000_108,
    swap_id: 'swap-00000002',
    result: 'restored',
    fence: 42,
    actor: { name: 'nightly-cron', address: '192.168.1.9' },
  }),
  auditEvent('lock_forced', {
    seq: 1_764_000_000_000_107,
    reason: 'the cron job hangs',
    fence: 41,
    before: { holder: 'nightly-cron', expires_at: ago(-600) },
    after: { holder: null },
  }),
  auditEvent('lock_acquired', {
    seq: 1_764_000_000_000_106,
    actor: { name: 'nightly-cron', address: null },
    schedule: 'nightly-summaries',
    fence: 41,
  }),
  auditEvent('schedule_missed', { seq: 1_764_000_000_000_105, actor: null, schedule: 'transcripts', hosts: [] }),
  auditEvent('webhook_disabled', { seq: 1_764_000_000_000_104, actor: null, hosts: [], result: 'it answered 410 Gone', after: { webhook: 'gone' } }),
]
