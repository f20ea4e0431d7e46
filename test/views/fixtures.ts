import { causeOf } from '../../domain/errors.ts'
import type { Lock, ReservationView } from '../../domain/lock.ts'
import { Model } from '../../domain/model.ts'
import type { ServiceStatus } from '../../domain/services/service-status.ts'
import type { HostStatus, Status } from '../../domain/status.ts'
import { phaseNames, type Phase, type PhaseName, type Swap } from '../../domain/swap.ts'
import type { PageData } from '../../views/page-data.ts'

/** The page's data in the states that the tests look at. Times count from one fixed moment. */
export const now = '2026-11-24T05:00:00.000Z'
export const ago = (seconds: number): string => new Date(Date.parse(now) - seconds * 1000).toISOString()

export const model = (key: string, more: Partial<Model> = {}): Model => ({
  key,
  name: key,
  repo: `acme/${key}`,
  local_path: null,
  local: false,
  launcher: 'docker',
  image: 'vllm-node',
  container: 'vllm_node',
  placement: ['spark-1'],
  anywhere: false,
  port: null,
  launch: {},
  alias: null,
  served_name: key,
  knobs: { extra_args: [] },
  env: {},
  memory_gib: null,
  weights_gib: null,
  checks: [],
  launch_s: 3600,
  launch_stall_s: 900,
  notes: null,
  source: null,
  ...more,
})

export const models: Model[] = [
  model('qwen3-30b', { name: 'Qwen3 30B A3B', repo: 'Qwen/Qwen3-30B-A3B', memory_gib: 62, weights_gib: 56.9 }),
  model('gpt-oss-120b', { name: 'gpt-oss 120B', repo: 'openai/gpt-oss-120b', weights_gib: 60.8 }),
  model('ten31-ft', { name: 'Our fine-tune', repo: null, local_path: '/models/ten31', local: true, placement: ['spark-2'] }),
]

const free: Lock = {
  held: false,
  holder: null,
  purpose: null,
  hosts: [],
  acquired_at: null,
  expires_at: null,
  expires_in_s: null,
  fence: null,
  waiting: 0,
  line: [],
  locks: [],
}

export const reservation = (more: Partial<ReservationView> = {}): ReservationView => ({
  holder: 'nightly-cron',
  purpose: 'batch of summaries',
  hosts: ['spark-1', 'spark-2'],
  acquired_at: ago(30),
  expires_at: ago(-600),
  expires_in_s: 600,
  fence: 41,
  ...more,
})

export const heldBy = (...locks: ReservationView[]): Lock => ({ ...free, ...locks[0], held: locks.length > 0, locks })

export const host = (name: string, more: Partial<HostStatus> = {}): HostStatus => ({
  name,
  address: '127.0.0.1',
  reachable: true,
  cause: null,
  arbiter: 'known',
  looked_at: ago(1),
  mem_total_bytes: 119.7 * 2 ** 30,
  mem_available_bytes: 112.3 * 2 ** 30,
  gpu: { name: 'NVIDIA GB10', utilization_percent: 3, temperature_c: 41, power_w: 11.4 },
  telemetry: null,
  deployment: null,
  ...more,
})

export const holding = (key: string, more: Partial<NonNullable<HostStatus['deployment']>> = {}): NonNullable<HostStatus['deployment']> => ({
  model: key,
  hosts: ['spark-1'],
  swap_id: 'swap-00000001',
  base_url: 'http://127.0.0.1:8801',
  healthy: true,
  wedged_since: null,
  validated_at: ago(4000),
  adopted: false,
  served_id: key,
  ...more,
})

/** Phases up to `current` are done, each having taken 10 s. */
export const phasesAt = (current: PhaseName, state: Phase['state'] = 'running'): Phase[] => {
  const at = phaseNames.indexOf(current)
  return phaseNames.map((name, i) => ({
    name,
    state: i < at ? 'done' : i === at ? state : 'pending',
    started_at: i <= at ? ago((at - i) * 10 + 25) : null,
    ended_at: i < at ? ago((at - i) * 10 + 15) : null,
    detail: null,
  }))
}

export const swap = (more: Partial<Swap> = {}): Swap => ({
  swap_id: 'swap-00000002',
  model: 'qwen3-30b',
  hosts: ['spark-1'],
  affected_hosts: ['spark-1'],
  state: 'running',
  outcome: null,
  left: {},
  phase: 'launch',
  phases: phasesAt('launch'),
  previous: [{ model: 'gpt-oss-120b', hosts: ['spark-1'] }],
  fence: 42,
  holder: 'dashboard',
  schedule: null,
  reason: null,
  dry_run: false,
  requested_at: ago(46),
  ended_at: null,
  deadline_at: ago(-3600),
  cause: null,
  revision: 4,
  ...more,
})

export const ended = (outcome: NonNullable<Swap['outcome']>, more: Partial<Swap> = {}): Swap =>
  swap({
    swap_id: `swap-ended-${outcome.replaceAll('_', '-')}`,
    state: 'done',
    outcome,
    phase: null,
    phases: phasesAt('notify', 'done'),
    ended_at: ago(5),
    requested_at: ago(86),
    ...more,
  })

export const failed = ended('restored', {
  model: 'gpt-oss-120b',
  requested_at: ago(900),
  ended_at: ago(700),
  cause: causeOf(
    'gated_repo',
    'The model is gated on Hugging Face',
    'OSError: You are trying to access a gated repo. Access to model openai/gpt-oss-120b is restricted.',
  ),
})

export const status = (more: Partial<Status> = {}): Status => ({
  cluster: 'demo',
  demo: true,
  now,
  hosts: [host('spark-1', { deployment: holding('gpt-oss-120b') }), host('spark-2')],
  swap: null,
  queue: [],
  services: [],
  lock: free,
  parts: { temporal: { ok: true, detail: 'ok' }, worker: { ok: true, detail: 'ok' }, config: { ok: true, detail: 'ok' } },
  refused_settings: [],
  ...more,
})

export const page = (more: Partial<Status> = {}, rest: Partial<Omit<PageData, 'status'>> = {}): PageData => ({
  status: status(more),
  models,
  recent: [],
  running: more.swap ? [{ swap: more.swap, progress: null }] : [],
  schedules: null,
  ...rest,
})

export const service = (more: Partial<ServiceStatus> = {}): ServiceStatus => ({
  name: 'vectors',
  kind: 'qdrant',
  description: 'Documents of the team',
  host: 'spark-1',
  base_url: 'http://127.0.0.1:6333',
  state: 'up',
  since: '2026-11-24T21:00:00.000Z',
  detail: null,
  alias: null,
  restartable: true,
  ...more,
})

/** A page with everything on it at once. */
export const busyPage = (): PageData =>
  page(
    {
      services: [
        service({ state: 'up_needs_key', detail: '/collections answered 401' }),
        service({ name: 'chat', kind: 'open-webui', state: 'down', detail: 'nothing listens on its port' }),
      ],
      hosts: [
        host('spark-1', {
          deployment: holding('gpt-oss-120b', { healthy: false }),
          mem_available_bytes: 4.2 * 2 ** 30,
          gpu: { name: 'NVIDIA GB10', utilization_percent: 96, temperature_c: 71, power_w: 62.5 },
        }),
        host('spark-2', {
          reachable: false,
          cause: causeOf('host_unreachable', 'No answer from 127.0.0.1:2202 within 10 s'),
          gpu: null,
          mem_available_bytes: null,
          mem_total_bytes: null,
          looked_at: ago(95),
        }),
      ],
      swap: swap(),
      queue: [
        swap({ swap_id: 'swap-00000003', state: 'queued', model: 'ten31-ft', hosts: ['spark-2'], phase: null, phases: [], holder: 'nightly-cron' }),
      ],
      lock: heldBy(reservation()),
      refused_settings: [{ setting: 'vllm_port', source: 'VLLM_PORT', value: 'eighty', reason: 'expected a number', used: '8888' }],
    },
    {
      recent: [ended('completed', { holder: 'nightly-cron', schedule: 'nightly' }), failed, ended('cancelled', { swap_id: 'swap-00000009' })],
      running: [
        {
          swap: swap(),
          progress: {
            phase: 'launch',
            percent: 56,
            stage: 'Loading weights',
            last_lines: Array.from(
              { length: 14 },
              (_, i) =>
                `2026-11-24T04:59:${String(i + 30)}.000Z launch INFO 11-24 04:59:${String(i + 30)} [loader.py:${String(i)}] Loading safetensors checkpoint shards: ${String(i * 4)}% Completed | ${String(i)}/25`,
            ),
            log_offset: 2048,
          },
        },
      ],
    },
  )
