import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
const idle_kb = 118_500_000
const available_kb = async (): Promise<number> => Number(/MemAvailable:\s+(\d+) kB/.exec((await spark.run('cat /proc/meminfo')).stdout)![1])
const log = async (): Promise<string> => (await spark.run('docker logs vllm_node 2>&1')).stdout

beforeAll(async () => {
  spark = await startSpark({ models: ['org/a'] })
})
afterEach(async () => {
  await spark.run('docker rm --force vllm_node')
  await until(available_kb, (kb) => kb === idle_kb)
})
afterAll(() => spark.close())

test('an idle Spark has what a real one has', async () => {
  const { stdout } = await spark.run('cat /proc/meminfo')
  expect(stdout).toMatch(/^MemTotal: +127600748 kB$/m)
  expect(await available_kb()).toBe(idle_kb)
})

test('a model that serves holds its share of 121.63 GiB', async () => {
  await spark.launch('org/a --gpu-memory-utilization 0.5')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  expect(await available_kb()).toBe(idle_kb - Math.round(0.5 * 121.63 * 1024 * 1024))
})

test('nvidia-smi has no memory of its own to tell, but that of the engine', async () => {
  await spark.launch('org/a --gpu-memory-utilization 0.5')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  const { stdout: gpu } = await spark.run('nvidia-smi --query-gpu=name,memory.total,memory.used,memory.free,utilization.gpu --format=csv,noheader')
  expect(gpu).toBe('NVIDIA GB10, [N/A], [N/A], [N/A], 0 %\n')
  const { stdout: apps } = await spark.run('nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv,noheader,nounits')
  expect(apps).toMatch(/^\d+, VLLM::EngineCore, 62275\n$/)
  expect(await spark.run('nvidia-smi --query-gpu=nonsense --format=csv')).toMatchObject({ code: 2 })
})

test('after a stop the memory is not back at once, and a launch that comes too early finds too little', async () => {
  const slow = await startSpark({ models: ['org/a', 'org/b'], memory: { return_s: 3600 } })
  await slow.launch('org/a --gpu-memory-utilization 0.9')
  await until(
    () => slow.health(),
    (status) => status === 200,
  )
  await slow.run('docker rm --force vllm_node')
  await slow.launch('org/b --gpu-memory-utilization 0.9')
  await until(
    async () => (await slow.run('docker logs vllm_node 2>&1')).stdout,
    (text) =>
      /ValueError: Free memory on device cuda:0 \([\d.]+\/121\.63 GiB\) on startup is less than desired GPU memory utilization \(0\.9, 109\.47 GiB\)/.test(
        text,
      ),
  )
  await slow.close()
})

test('more than there is cannot be had', async () => {
  spark.host.takeMemory(60)
  await spark.launch('org/a --gpu-memory-utilization 0.6')
  await until(log, (text) => text.includes('is less than desired GPU memory utilization (0.6, 72.98 GiB)'))
  spark.host.takeMemory(0)
})

test('when the API server is killed its core holds the memory until the container stops', async () => {
  await spark.launch('org/a --gpu-memory-utilization 0.5')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  expect(spark.host.killEngine('server')).toBe(true)
  expect(await spark.health()).toBe(0)
  expect((await spark.run('docker top vllm_node -eo pid,args')).stdout).toContain('VLLM::EngineCore')
  expect(await available_kb()).toBeLessThan(idle_kb * 0.6)
})

test('the core can be killed by its process id; its memory is free, and the server answers 503', async () => {
  spark.host.behave({ agony_s: 3600 })
  await spark.launch('org/a --gpu-memory-utilization 0.5')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  const { stdout: pid } = await spark.run('nvidia-smi --query-compute-apps=pid --format=csv,noheader')
  expect(await spark.run(`timeout 5 kill -9 ${pid}`)).toMatchObject({ code: 0 })
  expect(await spark.health()).toBe(503)
  await until(available_kb, (kb) => kb === idle_kb)
  expect(await spark.run(`timeout 5 kill -9 ${pid}`)).toMatchObject({ code: 1, stderr: expect.stringContaining('No such process') })
})
