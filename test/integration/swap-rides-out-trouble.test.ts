import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { swapWorkflowId } from '../../domain/names.ts'
import type { Swap } from '../../domain/swap.ts'
import type { SwapRequest } from '../../workflows/messages.ts'
import { startStage, type Stage } from './stage.ts'

const previous = 'gemma-3-27b'
const patiently = { timeout: 30_000 }
let stage: Stage
let enginesBefore: number
beforeAll(async () => {
  stage = await startStage({ settings: { launch_s: 80, launch_stall_s: 60 } })
  await stage.swap(previous)
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.host('spark-1').behave({ load_s: 4 })
  enginesBefore = engineStarts()
})

const engineStarts = (): number => stage.events('spark-1', 'engine_start').length
const restored = { outcome: 'restored', left: { 'spark-1': 'previous' } }

test('connections that break while a model loads cost nothing: one engine, and the swap completes', async () => {
  const swap = await stage.startSwap('mistral-small-3.2')
  await expect.poll(() => swap.log(), patiently).toMatch(/launch .*Starting to load model/)
  stage.host('spark-1').cutConnections()
  expect(await swap.result()).toMatchObject({ outcome: 'completed' })
  expect(engineStarts()).toBe(enginesBefore + 1)
  expect(swap.log()).toMatch(/torch\.compile took/) // the very last lines may come after the health that ends the launch
  stage.host('spark-1').behave({ load_s: 0.2 })
  await stage.swap(previous)
})

test('a host that reboots while a model loads ends with the previous model, launched anew', async () => {
  const swap = await stage.startSwap('mistral-small-3.2')
  await expect.poll(() => swap.log(), patiently).toMatch(/launch .*Starting to load model/)
  await stage.host('spark-1').powerOff()
  stage.host('spark-1').behave({ load_s: 0.2 })
  await stage.host('spark-1').powerOn()
  expect(await swap.result()).toMatchObject({ ...restored, cause: { code: 'engine_exited' } })
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
})

test('an engine whose server is killed is given up at once, although its core lives on and its container is up', async () => {
  const swap = await stage.startSwap('qwen3-30b-a3b-fp8')
  await expect.poll(() => swap.log(), patiently).toMatch(/launch .*Starting to load model/)
  expect(stage.host('spark-1').killEngine('server')).toBe(true)
  stage.host('spark-1').behave({ load_s: 0.2 })
  expect(await swap.result()).toMatchObject({ ...restored, cause: { code: 'engine_exited' } })
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
})

test('a swap that comes near its deadline is cut short, so that the previous model is back in time', async () => {
  stage.host('spark-1').behave({ load_s: 120 })
  const swap = await stage.startSwap('mistral-small-3.2', { deadlineS: 15 + 80 + 10 + 10 + 30 + 6 })
  await expect.poll(engineStarts, patiently).toBe(enginesBefore + 1)
  stage.host('spark-1').behave({ load_s: 0.2 })
  expect(await swap.result()).toMatchObject({ outcome: 'timed_out', left: { 'spark-1': 'previous' }, cause: { code: 'timed_out' } })
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
  await swap.keepHistory('timed-out')
})

test('a container of somebody else by that name is refused before anything is touched', async () => {
  stage.host('spark-1').behave({ load_s: 0.2 })
  await stage.swap(null)
  const argv = ['docker', 'run', '--detach', '--name', 'vllm_node', '--entrypoint=', 'vllm-node', 'sleep', 'infinity']
  await stage.ssh.look('spark-1', argv)
  const swap = await stage.startSwap(previous)
  expect(await swap.result()).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'container_name_taken' } })
  await swap.keepHistory('preflight-failed')
  await stage.ssh.look('spark-1', ['docker', 'rm', '--force', 'vllm_node'])
})

test('a port that a stranger’s process has is refused before anything is touched', async () => {
  const stranger = createServer().listen(stage.host('spark-1').vllmPort, '127.0.0.1')
  await once(stranger, 'listening')
  const swap = await stage.swap(previous)
  expect(swap).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'port_taken' } })
  expect(engineStarts()).toBe(enginesBefore)
  stranger.close()
})

test('a swap that nobody tells to go ends cancelled at its queue limit', async () => {
  const request: SwapRequest = {
    ...{ clusterId: stage.clusterId, swapId: 'swap-forgotten', model: previous, hosts: ['spark-1'], holder: null, schedule: null, reason: null },
    ...{ onFailure: 'restore', onDrainTimeout: 'go_on', drainS: 0, acceptedAt: Date.now(), queueLimitS: 1, deadlineS: 100 },
  }
  const workflowId = swapWorkflowId(stage.clusterId, request.swapId)
  const swap = await stage.client.workflow.execute('swap', { workflowId, taskQueue: stage.taskQueue, args: [request] })
  expect(swap as Swap).toMatchObject({ outcome: 'cancelled', cause: { code: 'queue_limit' }, fence: null, left: {} })
})
