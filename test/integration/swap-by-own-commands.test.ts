import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureArbiter } from '../../activities/arbiter.ts'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { servedOn } from './engine-client.ts'
import { startStage, type Stage } from './stage.ts'
import type { WorkerProcess } from './worker-process.ts'

const patience = { timeout: 60_000 }
const others = 'gemma-3-27b'
let stage: Stage
let worker: WorkerProcess
let port: number

/** A layout of somebody's own: a container that has no mark of ours, by a name that nobody here knows. */
const start =
  'docker run -d --name mine --network host --gpus all -v ~/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve "$SPARK_WEIGHTS" --port "$SPARK_PORT" --served-model-name "$SPARK_SERVED_NAME" --gpu-memory-utilization 0.6'
const own = {
  repo: 'openai/gpt-oss-120b',
  launcher: 'command',
  launch: { start, stop: 'docker rm -f mine', status: "docker ps --format '{{.Names}}' | grep -qx mine" },
}

beforeAll(async () => {
  port = await freePort()
  stage = await startStage({
    worker: false,
    settings: { stop_s: 8, launch_s: 90, launch_stall_s: 60 },
    models: {
      own: { ...own, port },
      'own-stays': { ...own, launch: { ...own.launch, stop: 'true' } },
    },
  })
  worker = stage.spawnWorker()
  await stage.surveyed()
}, 60_000)
afterAll(() => stage.close())

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: free } = server.address() as AddressInfo // a server on TCP has one
  server.close()
  return free
}
const starts = () => stage.events('spark-1', 'engine_start').length
const mine = () => servedOn(port)

test('it is started by its own command, on its own port, and proven as any other', async () => {
  await stage.swap(others)
  expect(await stage.swap('own')).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target' } })
  expect([await mine(), await stage.serves('spark-1')]).toMatchObject([{ id: 'openai/gpt-oss-120b' }, null])
  expect((await stage.state()).deployments).toMatchObject([{ model: 'own', container: null, snapshot: { port } }])
}, 60_000)

test('a fresh arbiter knows it again by the step marker and its status, without a mark on anything', async () => {
  const [before] = (await stage.state()).deployments
  await stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId)).terminate('a test')
  await ensureArbiter({ client: stage.client, clusterId: stage.clusterId, taskQueue: stage.taskQueue })
  const { deployments } = await stage.until(({ hosts }) => hosts.length === 1 && hosts.every(({ state }) => state === 'known'))
  expect(deployments).toEqual([{ ...before, validatedAt: expect.any(Number) }])
}, 60_000)

test('a swap that fails puts it back by the same command', async () => {
  expect(await stage.swap('demo-gated')).toMatchObject({ outcome: 'restored', cause: { code: 'gated_repo' } })
  expect(await mine()).toMatchObject({ id: 'openai/gpt-oss-120b' })
}, 60_000)

test('another model takes its place: it is stopped by its own command first', async () => {
  expect(await stage.swap(others)).toMatchObject({ outcome: 'completed' })
  expect([await mine(), await stage.serves('spark-1')]).toMatchObject([null, { root: 'google/gemma-3-27b-it' }])
}, 60_000)

test('a worker killed while it loads: the next one finds it by the step marker, and starts nothing', async () => {
  const before = starts()
  stage.host('spark-1').behave({ load_s: 5 })
  const running = await stage.startSwap('own')
  await expect.poll(starts, patience).toBe(before + 1)
  await expect.poll(() => running.record().then(({ phase }) => phase), patience).toBe('launch')
  await worker.kill()
  worker = stage.spawnWorker()
  expect(await running.result()).toMatchObject({ outcome: 'completed' })
  expect(starts()).toBe(before + 1)
  stage.host('spark-1').behave({ load_s: 0.2 })
}, 120_000)

test('one whose stop command does not stop it is never launched over', async () => {
  expect(await stage.swap('own-stays')).toMatchObject({ outcome: 'completed' })
  const before = starts()
  expect(await stage.swap(others)).toMatchObject({ outcome: 'failed', left: { 'spark-1': 'unknown' }, cause: { code: 'stop_unproven' } })
  expect(starts()).toBe(before)
}, 60_000)
