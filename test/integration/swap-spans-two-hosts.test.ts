import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureArbiter } from '../../activities/arbiter.ts'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { startStage, type Stage } from './stage.ts'
import type { WorkerProcess } from './worker-process.ts'

const both = ['spark-1', 'spark-2']
const patience = { timeout: 60_000 }
const wide = { placement: both, knobs: { tensor_parallel_size: 2, gpu_memory_utilization: 0.6 } }
let stage: Stage
let worker: WorkerProcess
beforeAll(async () => {
  stage = await startStage({
    worker: false,
    hosts: both,
    settings: { launch_s: 120, launch_stall_s: 60 },
    models: {
      'wide-docker': { repo: 'google/gemma-3-27b-it', launcher: 'docker', ...wide },
      'wide-script': { repo: 'openai/gpt-oss-120b', ...wide },
    },
  })
  worker = stage.spawnWorker()
  await stage.surveyed()
}, 60_000)
afterAll(() => stage.close())

const started = (host: string, swapId: string) =>
  stage.events(host, 'engine_start').filter(({ env }) => (env as { SPARK_SWAP?: string } | undefined)?.SPARK_SWAP === swapId)
const held = async () => (await stage.state()).deployments.map(({ model, hosts }) => ({ model, hosts }))
const endedAt = (host: string): number => stage.events(host, 'container_exit').at(-1)?.at_ms ?? 0

/** On each host engines come one after the other: never a second one while the first has not ended. */
function neverTwoAtOnce(): void {
  for (const host of both) {
    let running = 0
    for (const { event } of stage.events(host, 'engine_start', 'engine_exit')) {
      running += event === 'engine_start' ? 1 : -1
      expect(running).toBeLessThanOrEqual(1)
    }
  }
}

test('one start on both hosts takes the place of what each of them held', async () => {
  await stage.swap('gemma-3-27b', { hosts: ['spark-2'] })
  for (const model of ['wide-script', 'wide-docker']) {
    const swap = await stage.swap(model)
    expect(swap).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target', 'spark-2': 'target' }, cause: null })
    for (const host of both) expect(started(host, swap.swap_id)).toHaveLength(1)
    expect(await held()).toEqual([{ model, hosts: both }])
    expect([await stage.serves('spark-1'), await stage.serves('spark-2')]).toMatchObject([{ root: stage.model(model).repo }, null])
  }
  neverTwoAtOnce()
}, 120_000)

test('a fresh arbiter finds one deployment on both', async () => {
  const [before] = (await stage.state()).deployments
  await stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId)).terminate('a test')
  await ensureArbiter({ client: stage.client, clusterId: stage.clusterId, taskQueue: stage.taskQueue })
  const view = await stage.until(({ hosts }) => hosts.length === 2 && hosts.every(({ state }) => state === 'known'))
  expect(view.deployments).toEqual([{ ...before, validatedAt: expect.any(Number) }])
}, 60_000)

test('a model of one host takes it away from both, the worker first', async () => {
  const swap = await stage.swap('gemma-3-27b', { hosts: ['spark-1'] })
  expect(swap).toMatchObject({ outcome: 'completed', affected_hosts: both, left: { 'spark-1': 'target', 'spark-2': 'empty' } })
  expect(await held()).toEqual([{ model: 'gemma-3-27b', hosts: ['spark-1'] }])
  expect(endedAt('spark-2')).toBeLessThan(endedAt('spark-1'))
}, 60_000)

test('a worker lost while it loads: the head is cleared too, and what was there before serves again', async () => {
  for (const host of stage.hosts) host.behave({ load_s: 30 })
  const running = await stage.startSwap('wide-docker')
  const swapId = (await running.record()).swap_id
  await expect.poll(() => both.map((host) => started(host, swapId).length), patience).toEqual([1, 1])
  await running.inPhase('launch')
  stage.host('spark-2').killEngine('server')
  for (const host of stage.hosts) host.behave({ load_s: 0.2 })
  const swap = await running.result()
  await running.keepHistory('worker-lost')
  expect(swap).toMatchObject({ outcome: 'restored', left: { 'spark-1': 'previous', 'spark-2': 'empty' }, cause: { code: 'engine_exited' } })
  expect(swap.cause?.message).toContain('spark-2')
  expect(await held()).toEqual([{ model: 'gemma-3-27b', hosts: ['spark-1'] }])
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
  neverTwoAtOnce()
}, 120_000)

test('a head that cannot log in to its worker is found out before anything is touched', async () => {
  stage.host('spark-2').cutFabric(true)
  expect(await stage.swap('wide-script')).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'head_cannot_reach' } })
  stage.host('spark-2').cutFabric(false)
  expect(await held()).toEqual([{ model: 'gemma-3-27b', hosts: ['spark-1'] }])
}, 60_000)

test('a worker killed while both hosts load, by a launcher of summer: the next one attaches to both, and each started one engine', async () => {
  stage.host('spark-1').installLauncher('summer') // by Ray, unless it is told not to
  for (const host of stage.hosts) host.behave({ load_s: 5 })
  const running = await stage.startSwap('wide-script')
  const swapId = (await running.record()).swap_id
  await expect.poll(() => both.map((host) => started(host, swapId).length), patience).toEqual([1, 1])
  await expect.poll(() => running.log(), patience).toMatch(/launch .*vLLM API server/)
  await worker.kill()
  worker = stage.spawnWorker()
  expect(await running.result()).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target', 'spark-2': 'target' } })
  expect(running.log()).toMatch(/attached to the container/)
  expect(both.map((host) => started(host, swapId).length)).toEqual([1, 1])
  neverTwoAtOnce()
}, 120_000)
