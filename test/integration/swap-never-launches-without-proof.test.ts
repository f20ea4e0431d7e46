import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let enginesBefore: number
beforeAll(async () => {
  stage = await startStage({ stopHang: { killWorks: false, endsAfter_s: null }, settings: { stop_s: 4, drain_s: 1 } })
})
afterAll(() => stage.close())
beforeEach(() => {
  enginesBefore = engineStarts()
})
const engineStarts = (): number => stage.events('spark-1', 'engine_start').length

test('a drain that fails leaves the running model as it is, where the caller asked for that', async () => {
  await stage.swap('gemma-3-27b')
  const user = stage.keepBusy('spark-1', 60)
  await expect.poll(() => stage.openRequests('spark-1'), { timeout: 30_000 }).toBe(1)
  const swap = await stage.swap('qwen3-30b-a3b-fp8', { onDrainTimeout: 'fail' })
  expect(swap).toMatchObject({ outcome: 'failed', cause: { code: 'drain_timeout' }, left: { 'spark-1': 'previous' } })
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
  expect((await stage.state()).deployments).toMatchObject([{ model: 'gemma-3-27b' }])
  await user.leave()
})

test('a drain that ends in time lets the request be answered before the stop', async () => {
  const user = stage.keepBusy('spark-1', 0.4)
  await expect.poll(() => stage.openRequests('spark-1'), { timeout: 30_000 }).toBe(1)
  expect(await stage.swap('demo-stop-hangs', { drainS: 30, onDrainTimeout: 'fail' })).toMatchObject({ outcome: 'completed' })
  await user.leave()
})

test('a model that cannot be stopped: the swap fails, nothing is launched on top, and nobody claims to know what is there', async () => {
  const before = engineStarts()
  const running = await stage.startSwap('qwen3-30b-a3b-fp8')
  const swap = await running.result()
  await running.keepHistory('failed')
  expect(swap).toMatchObject({ outcome: 'failed', cause: { code: 'stop_unproven' }, left: { 'spark-1': 'unknown' } })
  expect(swap.phases.find((phase) => phase.name === 'launch')?.state).toBe('skipped')
  expect(engineStarts()).toBe(before)
})

test('once it can be stopped again, the next swap goes through', async () => {
  stage.host('spark-1').behave({ stopHang: { killWorks: true, endsAfter_s: null } })
  await stage.until((view) => view.hosts.every((host) => host.state === 'known'))
  expect(await stage.swap('qwen3-30b-a3b-fp8')).toMatchObject({ outcome: 'completed', previous: [{ model: 'demo-stop-hangs' }] })
})

test('a host that took a higher fence refuses every change, and its model goes on', async () => {
  const { fence } = await stage.state()
  await stage.ssh.raiseFence('spark-1', { clusterId: stage.clusterId, fence: fence + 1_000_000, step: 0, attempt: 1 })
  const swap = await stage.swap('gemma-3-27b')
  expect(swap).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'stale_fence' }, left: { 'spark-1': 'previous' } })
  expect(engineStarts()).toBe(enginesBefore)
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8' })
})
