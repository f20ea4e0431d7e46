import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Fabric } from '../../demo/fabric/fabric.ts'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let head: Spark
let worker: Spark
const model = 'org/large'
const launcher = '~/spark-vllm-docker/launch-cluster.sh'
const serves = () =>
  until(
    () => head.health(),
    (status) => status === 200,
  )
const ask = (signal?: AbortSignal) => head.fetch('/v1/completions', { model, prompt: 'hello', max_tokens: 2 }, {}, signal)
const nodes = (): string => `${head.host.fabricAddress},${worker.host.fabricAddress}`
const launch = (words = '', more = '') =>
  head.run(`${launcher} -n ${nodes()} -d ${more} exec vllm serve ${model} --port ${head.host.vllmPort} -tp 2 --gpu-memory-utilization 0.5 ${words}`)
const rank = (spark: Spark, at: number, more = '') =>
  spark.run(
    `docker run -d --rm --name vllm_node --network host -v ~/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve ${model} --port ${head.host.vllmPort} ` +
      `-tp 2 --nnodes 2 --node-rank ${at} --master-addr ${head.host.fabricAddress} --master-port 29501 ${more}`,
  )
const logOf = async (spark: Spark): Promise<string> => (await spark.run('docker logs vllm_node 2>&1')).stdout
const containers = async (spark: Spark): Promise<string> => (await spark.run(`docker ps --format '{{.Names}}'`)).stdout

beforeAll(async () => {
  const fabric = new Fabric()
  const start = (name: string, build: string) => startSpark({ name, fabric, models: [model], images: ['vllm-node', `vllm-built#${build}`] })
  ;[head, worker] = await Promise.all([start('spark-1', 'new'), start('spark-2', 'old')])
})
afterEach(async () => {
  worker.host.cutFabric(false)
  await Promise.all([head, worker].map((spark) => spark.run('docker rm --force $(docker ps --all --quiet)')))
})
afterAll(async () => {
  await Promise.all([head.close(), worker.close()])
})

test('the head starts the workers over its own SSH, and both hold their part of the model', async () => {
  expect(await launch('', '-e SPARK_SWAP=s1')).toMatchObject({ code: 0, stderr: '' })
  await serves()
  expect((await ask()).status).toBe(200)
  expect(worker.last('engine_start')).toMatchObject({ model, rank: 1, env: { SPARK_SWAP: 's1' } })
  expect(await logOf(worker)).toContain('headless multiproc executor')
  for (const spark of [head, worker]) {
    expect((await spark.run('nvidia-smi --query-compute-apps=used_memory --format=csv,noheader,nounits')).stdout).toBe('62275\n')
    const { stdout } = await spark.run(`docker inspect --format '{{json .Config.Env}} {{json .HostConfig.Binds}}' vllm_node`)
    expect(stdout).toContain(`VLLM_HOST_IP=${spark.host.fabricAddress}`)
    expect(stdout).toContain(`${spark.host.home}/.cache/huggingface:/root/.cache/huggingface`)
  }
  expect((await head.run(`${launcher} status`)).stdout).toMatch(/\[HEAD\] .* is RUNNING\.\n\[WORKER\] .* is RUNNING\.\n$/)
  expect((await head.run(`${launcher} stop`)).code).toBe(0)
  expect(await containers(head)).toBe('')
  expect(await containers(worker)).toBe('')
})

test('a stop that is told --solo leaves the worker up', async () => {
  await launch()
  await head.run(`${launcher} --solo stop`)
  expect(await containers(head)).toBe('')
  expect(await containers(worker)).toBe('vllm_node\n')
})

test('ranks that are started one by one wait for each other, whoever comes first', async () => {
  expect(await rank(worker, 1, '--headless')).toMatchObject({ code: 0 })
  await until(
    () => logOf(worker),
    (log) => log.includes('rank=1'),
  )
  expect(await logOf(worker)).not.toContain('Starting to load model')
  await rank(head, 0)
  await serves()
})

test('a lost worker leaves the head healthy, while its completions hang', async () => {
  await launch()
  await serves()
  await worker.run('docker kill vllm_node')
  const leave = new AbortController()
  const hanging = ask(leave.signal)
  await until(
    async () => (await head.fetch('/metrics')).text(),
    (text) => /^vllm:num_requests_running\{[^}]*\} 1\.0$/m.test(text),
  )
  expect(await head.health()).toBe(200)
  leave.abort()
  await expect(hanging).rejects.toThrow()
})

test('a cable that is out stops the work, and SSH from the head says that it finds no way', async () => {
  await launch()
  await serves()
  worker.host.cutFabric(true)
  expect(await head.run(`ssh -o BatchMode=yes ${worker.host.fabricAddress} true`)).toMatchObject({
    code: 255,
    stderr: expect.stringContaining('No route to host'),
  })
  expect((await head.run(`${launcher} status`)).stdout).toMatch(/\[WORKER\] .* is NOT running\.\n$/)
  const hanging = ask()
  worker.host.cutFabric(false)
  expect((await hanging).status).toBe(200)
})

test('images that differ, or more GPUs than nodes, are refused before anything starts', async () => {
  expect(await launch('', '-t vllm-built')).toMatchObject({ code: 1, stdout: expect.stringContaining('differs from the one on the head node') })
  expect(await launch('-pp 2')).toMatchObject({ code: 1, stdout: expect.stringContaining('needs 4 nodes') })
  expect(await containers(worker)).toBe('')
})

test('by Ray the head serves for both, and without Ray running there are too few GPUs', async () => {
  expect(await launch('', '--ray')).toMatchObject({ code: 0 })
  await serves()
  expect((await worker.run('nvidia-smi --query-compute-apps=used_memory --format=csv,noheader,nounits')).stdout).toBe('62275\n')
  await worker.run('docker stop vllm_node')
  expect((await worker.run('nvidia-smi --query-compute-apps=used_memory --format=csv,noheader,nounits')).stdout).toBe('')
  expect(await head.health()).toBe(200)
})

test('two GPUs asked of one Spark are one too many', async () => {
  await head.run(`docker run -d --name x -v ~/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve ${model} -tp 2`)
  await until(
    async () => (await head.run('docker logs x 2>&1')).stdout,
    (log) => log.includes('World size (2) is larger than the number of available GPUs (1)'),
  )
})
