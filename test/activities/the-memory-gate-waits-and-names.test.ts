import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { clearHost, type Cleared, type ClearingJob } from '../../activities/clear-host.ts'
import { clearOne } from '../../activities/clear-one.ts'
import { nothingYet } from '../../domain/clearing.ts'
import type { HostToClear } from '../../domain/clearing-plan.ts'
import { Model } from '../../domain/model.ts'
import { ScriptedHost } from './scripted-host.ts'

let spark: ScriptedHost
const said: string[] = []
const children: ChildProcess[] = []
beforeAll(async () => {
  spark = await ScriptedHost.start()
})
beforeEach(() => {
  spark.reset()
  said.length = 0
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => spark.close())

const model = Model.parse({
  ...{ key: 'm', name: 'm', repo: 'org/m', local_path: null, local: false, launcher: 'docker', image: 'vllm-node', container: 'vllm_node' },
  ...{ placement: ['spark-1'], served_name: 'm', knobs: { gpu_memory_utilization: 0.8 }, env: {}, memory_gib: null, weights_gib: null },
  ...{ checks: [], launch_s: 60, launch_stall_s: 60, notes: null, source: null, alias: null },
})
const target: HostToClear = { host: 'spark-1', target: true, head: true, containers: ['vllm_node'], stopGraceS: 1 }
let fence = 0

function jobOf(limitS: number, more: Partial<ClearingJob> = {}): ClearingJob {
  fence += 1
  return {
    hosts: spark.hosts,
    plan: { clusterId: 'home', hosts: [target], makeRoomFor: model, memoryFloorGib: 8 },
    mark: { clusterId: 'home', fence, step: 1, attempt: 1 },
    limitS,
    lastWords: () => '/dev/null',
    say: (text) => said.push(text),
    remember: () => undefined,
    ...more,
  }
}
const clear = (limitS: number, more: Partial<ClearingJob> = {}): Promise<Cleared> => clearHost(jobOf(limitS, more), target, nothingYet)

/** A process that really runs, with the mark of a launch in its environment or without one. */
function engine(cluster: string | null): number {
  const mark = { SPARK_CLUSTER: cluster ?? '', SPARK_SWAP: 'swap-0001', SPARK_FENCE: '7', SPARK_STEP: '1', SPARK_ATTEMPT: '1', SPARK_MODEL: 'm' }
  const child = spawn('sleep', ['600'], { stdio: 'ignore', env: { PATH: process.env['PATH'], ...(cluster === null ? {} : mark) } })
  children.push(child)
  return child.pid ?? 0
}
const ended = async (pid: number): Promise<boolean> => {
  const child = children.find((one) => one.pid === pid)
  for (let look = 0; look < 700 && child?.signalCode === null; look += 1) await pause(20)
  return child?.signalCode === 'SIGKILL'
}

test('what an earlier swap of ours left on the GPU is ended and named, and a stranger beside it lives', async () => {
  const [ours, other, stranger] = [engine('home'), engine('elsewhere'), engine(null)]
  spark.write(
    'apps',
    [`${String(ours)}, VLLM::EngineCore, 61234`, `${String(other)}, VLLM::EngineCore, 20`, `${String(stranger)}, python3, 100`].join('\n'),
  )
  const clearing = clear(30)
  expect(await ended(ours)).toBe(true)
  spark.write('apps', `${String(other)}, VLLM::EngineCore, 20\n${String(stranger)}, python3, 100\n`)
  expect(await clearing).toMatchObject({ state: 'cleared', cause: null })
  expect(said).toContain(`spark-1: ending what outlived its container: ${String(ours)} VLLM::EngineCore (61234 MiB)`)
  expect(children.map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', null, null])
})

test('too little memory at the deadline is a cause that names what is on the GPU; nobody was asked to drop the page cache', async () => {
  spark.setMemory(40, 30)
  spark.write('apps', '4242, python3 train.py, 70000\n17, /opt/asr, 900\n')
  expect(await clear(1)).toMatchObject({
    state: 'cleared',
    cause: {
      code: 'memory_short',
      message:
        'spark-1: 40.0 GiB free, 96.8 GiB needed (gpu_memory_utilization 0.8); on the GPU: 4242 python3 train.py (70000 MiB), 17 /opt/asr (900 MiB)',
    },
  })
  expect(spark.calls('sudo').filter((call) => call.includes('drop_caches'))).toEqual([])
})

test('where it is allowed the page cache is dropped once, under the fence, and what became free is said', async () => {
  spark.setMemory(110, 20)
  spark.setMemory(111, 98, 'meminfo-after')
  const cleared = await clear(30, { dropCaches: true })
  expect(cleared).toMatchObject({ state: 'cleared', cause: null })
  expect(cleared.detail).toContain('the page cache was dropped, 78.0 GiB of it became free')
  expect(spark.calls('sudo')).toEqual(['-n tee /proc/sys/vm/drop_caches'])
  expect(await spark.hosts.marker('spark-1')).toMatchObject({ fence: { fence } })
})

test('with memory enough as CUDA counts, nothing is dropped', async () => {
  expect(await clear(30, { dropCaches: true })).toMatchObject({ state: 'cleared', cause: null })
  expect(spark.calls('sudo')).toEqual([])
})

test('a sudo that asks for a password is said, and the wait goes on without it', async () => {
  spark.setMemory(40, 30)
  spark.write('sudo-refuses', '')
  const cleared = await clear(2, { dropCaches: true })
  expect(cleared.cause).toMatchObject({ code: 'memory_short' })
  expect(cleared.detail).toContain('the page cache could not be dropped: sudo: a password is required')
  expect(spark.calls('sudo')).toHaveLength(1)
})

test('an nvidia-smi that hangs is asked once, and the gate sees the memory come back', async () => {
  spark.setMemory(40, 30)
  spark.write('smi-hangs', '')
  const clearing = clear(60)
  while (spark.calls('smi').length === 0) await pause(20)
  spark.setMemory(110, 100)
  expect(await clearing).toMatchObject({ state: 'cleared', cause: null })
  expect(spark.calls('smi')).toHaveLength(1)
})

test('while a stranger’s process listens on the port there is no proof, and with its end there is', async () => {
  const stranger = createServer().listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const here = { ...target, ports: [(stranger.address() as AddressInfo).port] } // it listens on TCP
  const job = jobOf(1)
  const step = { clusterId: 'home', swapId: 'swap-0001', fence, step: 1 }
  const refused = await clearOne(job, here, nothingYet, step)
  expect(refused).toMatchObject({ state: 'unproven', cause: { code: 'stop_unproven', message: 'spark-1: something still listens on the port' } })
  stranger.close()
  expect(await clearOne({ ...job, limitS: 30 }, here, nothingYet, step)).toMatchObject({ state: 'cleared', cause: null })
})
