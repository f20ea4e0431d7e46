import { expect, test } from 'vitest'
import type { ArbiterView, ReservationFacts } from '../../../domain/arbitration/command.ts'
import type { Deployment } from '../../../domain/deployment.ts'
import { causeOf, type ErrorCode } from '../../../domain/errors.ts'
import type { HostContainer } from '../../../domain/host-facts.ts'
import { runsAnew, serviceToRestart } from '../../../domain/managed/service.ts'
import { staleReservations } from '../../../domain/managed/stale-lock.ts'
import { afterSwap } from '../../../domain/managed/swap-end.ts'
import { sweepEnd, type SweptHost } from '../../../domain/managed/sweep.ts'
import { queuedSwap } from '../../../domain/swap-record.ts'
import type { Outcome, Swap } from '../../../domain/swap.ts'

const request = {
  ...{ clusterId: 'demo', swapId: 'swap-0001', model: 'gemma', hosts: ['spark-1'], holder: null, schedule: null, reason: null },
  ...{ onFailure: 'restore', onDrainTimeout: 'go_on', drainS: 0, acceptedAt: 0, queueLimitS: 60, deadlineS: 60 },
} as const
const ended = (outcome: Outcome, code: ErrorCode | null = null): Swap => ({
  ...queuedSwap(request),
  state: 'done',
  outcome,
  cause: code === null ? null : causeOf(code),
})

test('only a completed swap makes a run ok', () => {
  expect(afterSwap(ended('completed'))).toMatchObject({ kind: 'end', end: { state: 'ok', swapId: 'swap-0001' } })
  for (const outcome of ['preflight_failed', 'failed', 'restored', 'restore_failed', 'left_empty', 'timed_out', 'terminated'] as const) {
    const { kind, ...after } = afterSwap(ended(outcome, 'engine_exited'))
    expect({ kind, ...after }).toMatchObject({ kind: 'end', end: { state: 'failed', detail: expect.stringContaining(outcome) as unknown } })
  }
})

test('a swap that never got its turn fails nothing: the run is skipped, or asks again where the hosts were reserved meanwhile', () => {
  expect(afterSwap(ended('cancelled', 'queue_limit'))).toMatchObject({ end: { state: 'skipped' } })
  expect(afterSwap(ended('cancelled', 'reserved')).kind).toBe('again')
  expect(afterSwap(ended('cancelled', 'cancelled'))).toMatchObject({ end: { state: 'failed' } })
})

const container = (more: Partial<HostContainer> = {}): HostContainer => ({
  ...{ name: 'whisper', id: 'c1', image: 'asr', running: true, status: 'running', exitCode: 0, startedAt: 1_000, autoRemove: false, mark: null },
  ...more,
})
const deployment = (more: Partial<Deployment> = {}): Deployment => ({
  ...{ model: 'gemma', hosts: ['spark-1'], swapId: null, fence: 1, validatedAt: null, adopted: true, container: 'by_hand', snapshot: null },
  ...more,
})
const mark = { cluster: 'demo', swap: 'swap-0001', fence: 1, step: 1, attempt: 1, model: 'gemma' }
const asked = { host: 'spark-1', name: 'whisper', containers: [container()], deployments: [deployment()], modelContainers: ['vllm_node'] }

test('a service may be restarted', () => {
  expect(serviceToRestart(asked)).toEqual({ ok: true, container: container() })
})

test.each([
  ['that is not there', { containers: [] }, 'there is no container whisper on spark-1'],
  ['that carries our mark', { containers: [container({ mark })] }, "a model's container"],
  ['of a deployment, adopted or not', { name: 'by_hand', containers: [container({ name: 'by_hand' })] }, "a model's container"],
  ['of a name under which models run', { name: 'vllm_node', containers: [container({ name: 'vllm_node' })] }, "a model's container"],
])('a container %s is not restarted', (_which, more, why) => {
  expect(serviceToRestart({ ...asked, ...more })).toMatchObject({ ok: false, reason: expect.stringContaining(why) as unknown })
})

test('a container runs anew when it runs with another start than before', () => {
  expect(runsAnew(container(), container({ startedAt: 2_000 }))).toBe(true)
  expect(runsAnew(container(), container())).toBe(false)
  expect(runsAnew(container(), container({ startedAt: 2_000, running: false }))).toBe(false)
  expect(runsAnew(container(), undefined)).toBe(false)
})

const held: ReservationFacts = { holder: 'Ada', purpose: null, hosts: ['spark-1'], acquiredAt: 0, expiresAt: 9_000_000, fence: 1 }
const active = {
  swapId: 'swap-0001',
  model: null,
  hosts: [],
  affectedHosts: ['spark-1'],
  phase: null,
  holder: 'cron',
  startedAt: 0,
  deadlineAt: 0,
  expectedEndAt: null,
}
const stale = (view: Pick<ArbiterView, 'reservations' | 'active'>, hosts: string[] | null = null) =>
  staleReservations({ view, heldLongerThanS: 3600, hosts, now: 3_600_001 })

test('a reservation is stale when it is held for longer than it may be, and no swap runs under it', () => {
  expect(stale({ reservations: [held], active: [] })).toEqual([held])
  expect(stale({ reservations: [{ ...held, acquiredAt: 1 }], active: [] })).toEqual([])
  expect(stale({ reservations: [{ ...held, expiresAt: 3_600_000 }], active: [] })).toEqual([])
  expect(stale({ reservations: [held], active: [active] })).toEqual([])
  expect(stale({ reservations: [held], active: [] }, ['spark-2'])).toEqual([])
})

const well: SweptHost = {
  host: 'spark-1',
  facts: { docker: { ok: true, detail: '' }, fenceTrouble: null, stateDir: 'writable' },
  engine: { healthy: true, serving: { id: 'gemma', root: null } },
}
const view = { deployments: [deployment()], active: [] }

test('a sweep is ok where all is well', () => {
  expect(sweepEnd([well], view)).toMatchObject({ state: 'ok' })
})

test.each([
  ['a host that does not answer', { facts: causeOf('host_unreachable', 'spark-1: no route') }, 'no route'],
  [
    'docker that does not answer',
    { facts: { docker: { ok: false, detail: 'hangs' }, fenceTrouble: null, stateDir: 'writable' as const } },
    'docker: hangs',
  ],
  ['a model that is not healthy', { engine: { healthy: false, serving: null } }, 'gemma is not healthy'],
])('a sweep fails, and says so, for %s', (_what, more, words) => {
  expect(sweepEnd([{ ...well, ...more }], view)).toMatchObject({ state: 'failed', detail: expect.stringContaining(words) as unknown })
})

test('hosts that a swap works on are no trouble of a sweep', () => {
  expect(sweepEnd([{ ...well, engine: { healthy: false, serving: null } }], { ...view, active: [active] })).toMatchObject({ state: 'skipped' })
})
