import { expect, test } from 'vitest'
import { rfc3339 } from '../../domain/names.ts'
import { resolveSettings } from '../../domain/settings.ts'
import type { HostLook } from '../../domain/status.ts'
import { swapDeadlineS } from '../../domain/swap-limits.ts'
import { isRepeat, lookAt, requestIdentity, swapWish } from '../../domain/swap-wish.ts'
import { SwapBody } from '../../domain/swap.ts'
import { modelWith } from './launchers/sample.ts'

const { settings } = resolveSettings({}, {})
const model = modelWith({ key: 'mine', served_name: 'mine', launch_s: 100, launch_stall_s: 50 })
const now = 1_000_000
const look = (host: string, more: Partial<HostLook> = {}): HostLook => ({
  host,
  looked_at: rfc3339(now - 3_000),
  reachable: true,
  cause: null,
  boot_id: null,
  mem_total_bytes: null,
  mem_available_bytes: null,
  gpu: null,
  containers: [],
  serving: { model_id: 'mine', root: null },
  healthy: true,
  telemetry: null,
  wedged_since: null,
  ...more,
})

test('a wish carries what was asked, the settings’ drain, and the deadline of all its phases', () => {
  const plea = {
    body: SwapBody.parse({ model: 'mine', on_busy: 'queue', reason: 'why' }),
    model,
    hosts: ['spark-1'],
    swapId: 'swap-0001',
    requestHash: 'a'.repeat(64),
    tokenHash: null,
    holder: 'me',
    schedule: null,
    force: false,
    look: null,
  }
  const slow = { ...model, key: 'slow', launch_s: 14_400 }
  const models = new Map([model, slow].map((one) => [one.key, one]))
  expect(swapWish(plea, { settings, models })).toMatchObject({
    type: 'swap',
    model: 'mine',
    onBusy: 'queue',
    onFailure: 'restore',
    drainS: settings.drain_s,
    deadlineS: swapDeadlineS(settings, model, settings.drain_s, 14_400), // the slowest of the catalog may have to be put back
    queueLimitS: settings.queue_limit_s,
  })
  expect(swapWish({ ...plea, model: null, hosts: null }, { settings, models })).toMatchObject({ model: null, identity: null, hosts: null })
})

test('a look is healthy only when that very model answers on every reachable target', () => {
  expect(lookAt(model, ['spark-1'], [look('spark-1')], now)).toEqual({ ageMs: 3_000, healthy: true })
  expect(lookAt(model, ['spark-1'], [look('spark-1', { serving: { model_id: 'other', root: null } })], now)).toMatchObject({ healthy: false })
  expect(lookAt(model, ['spark-1'], [look('spark-1', { healthy: false })], now)).toMatchObject({ healthy: false })
  expect(lookAt(model, ['spark-1', 'spark-2'], [look('spark-1'), look('spark-2', { reachable: false })], now)).toMatchObject({ healthy: false })
  expect(lookAt(model, ['spark-1', 'spark-2'], [look('spark-1')], now)).toBeNull()
})

test('of a model on several hosts each must have its part: the head answers that it is well without them', () => {
  const part = (swap_id: string | null, running = true): Partial<HostLook> => ({ containers: [{ name: 'vllm_node', running, swap_id }] })
  const healthy = (ofWorker: Partial<HostLook>) =>
    lookAt(model, ['spark-1', 'spark-2'], [look('spark-1', part('swap-0001')), look('spark-2', { healthy: false, ...ofWorker })], now)?.healthy
  expect(healthy(part('swap-0001'))).toBe(true)
  expect([healthy({}), healthy(part('swap-0001', false)), healthy(part('swap-0002')), healthy(part(null))]).toEqual([false, false, false, false])
})

test('a look from a clock ahead of ours is of now, not of later', () => {
  expect(lookAt(model, ['spark-1'], [look('spark-1', { looked_at: rfc3339(now + 5_000) })], now)).toEqual({ ageMs: 0, healthy: true })
})

test('two requests are the same when they would do the same', () => {
  const body = SwapBody.parse({ model: 'mine' })
  const same = requestIdentity(body, ['spark-1'], null, false)
  expect(requestIdentity(SwapBody.parse({ model: 'mine', restart: false }), ['spark-1'], null, false)).toBe(same)
  expect(requestIdentity(body, ['spark-2'], null, false)).not.toBe(same)
  expect(requestIdentity(SwapBody.parse({ model: 'mine', restart: true }), ['spark-1'], null, false)).not.toBe(same)
  expect(requestIdentity(body, ['spark-1'], 'nightly', false)).not.toBe(same)
})

test('a repeat is told by the hash of the request; where a swap of before has none, by what its memo knows', () => {
  const asked = { body: SwapBody.parse({ model: 'mine' }), hosts: ['spark-1'], schedule: null, requestHash: 'a'.repeat(64) }
  const before = {
    model: 'mine',
    hosts: ['spark-1'],
    onFailure: 'restore',
    onDrainTimeout: 'go_on',
    drainS: 30,
    reason: null,
    schedule: null,
  } as const
  expect(isRepeat({ ...before, requestHash: 'a'.repeat(64) }, asked)).toBe(true)
  expect(isRepeat({ ...before, requestHash: 'b'.repeat(64) }, asked)).toBe(false)
  expect(isRepeat(before, asked)).toBe(true)
  expect(isRepeat({ ...before, reason: 'why' }, asked)).toBe(false)
  expect(isRepeat({ ...before, hosts: ['spark-2'] }, asked)).toBe(false)
  expect(isRepeat({ ...before, hosts: ['spark-2'] }, { ...asked, hosts: null })).toBe(true)
})
