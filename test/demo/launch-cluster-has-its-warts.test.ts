import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
const model = 'org/some-model'
const log = async (): Promise<string> => {
  const { stdout, stderr } = await spark.run('docker logs vllm_node')
  return stdout + stderr
}

beforeAll(async () => {
  spark = await startSpark({ models: [model, 'org/other-model', '/models/fine tune'] })
})
afterEach(() => spark.run('docker rm --force vllm_node'))
afterAll(() => spark.close())

test('its help lists the flags that features are detected by, and exits 1', async () => {
  const { code, stdout } = await spark.run('~/spark-vllm-docker/launch-cluster.sh --help')
  expect(code).toBe(1)
  for (const flag of ['--solo', '--no-ray', '--name', '--env', '--volume', '--launch-script', '-d']) expect(stdout).toContain(flag)
})

test('an unknown argument, or no action, is a usage error', async () => {
  expect(await spark.run('~/spark-vllm-docker/launch-cluster.sh --solo --what start')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('Unknown argument: --what'),
  })
  expect((await spark.run('~/spark-vllm-docker/launch-cluster.sh --solo')).code).toBe(1)
})

test('without --solo on one box it finds no interfaces, and nothing is stopped', async () => {
  await spark.launch(model)
  expect(await spark.run('/opt/spark-vllm-docker/launch-cluster.sh stop')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('No active IB interfaces'),
  })
  expect((await spark.run('docker ps --quiet')).stdout).not.toBe('')
})

test('a launch answers 0 before the model serves, in a container that is marked by its environment only', async () => {
  const { code } = await spark.launch(model, '-t vllm-node -e SPARK_SWAP=s1 -e SPARK_FENCE=7')
  expect(code).toBe(0)
  expect(spark.last('engine_healthy')).toBeUndefined()
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  const [container] = JSON.parse((await spark.run('docker inspect vllm_node')).stdout)
  expect(container).toMatchObject({
    Config: { Labels: {}, Cmd: ['sleep', 'infinity'], Env: expect.arrayContaining(['SPARK_SWAP=s1', 'SPARK_FENCE=7']) },
    HostConfig: { AutoRemove: true, NetworkMode: 'host', IpcMode: 'host', Privileged: true },
  })
  expect(spark.last('engine_start')).toMatchObject({
    model,
    port: spark.host.vllmPort,
    container: 'vllm_node',
    env: { SPARK_SWAP: 's1', SPARK_FENCE: '7' },
  })
})

test('it answers 0 also when docker run failed: only the text tells', async () => {
  const { code, stderr } = await spark.launch(model, '-t no-such-image')
  expect(code).toBe(0)
  expect(stderr).toContain("Unable to find image 'no-such-image:latest' locally")
  expect((await spark.run('docker ps --all --quiet')).stdout).toBe('')
})

test('a launch into the running container starts a second engine there, which finds the port taken and dies; the old one serves on', async () => {
  await spark.launch(model)
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  const { code, stdout } = await spark.launch('org/other-model')
  expect(code).toBe(0)
  expect(stdout).toContain('Cluster containers are already running. Skipping launch.')
  await until(log, (text) => text.includes('OSError: [Errno 98] Address already in use'))
  expect(spark.last('engine_refused_port')).toMatchObject({ model: 'org/other-model' })
  const served = (await (await spark.fetch('/v1/models')).json()) as { data: { id: string }[] }
  expect(served.data[0]!.id).toBe(model)
})

test('after the engine died the container stays Up', async () => {
  await spark.launch(`${model} --no-such-flag`)
  await until(log, (text) => text.includes('vllm serve: error: unrecognized arguments: --no-such-flag'))
  expect((await spark.run(`docker ps --format '{{.Names}} {{.State}}'`)).stdout).toBe('vllm_node running\n')
  await until(
    async () => (await spark.run('docker top vllm_node -eo pid,args')).stdout.replaceAll(/\d/g, ''),
    (processes) => processes === '    PID COMMAND\n sleep infinity\n',
  )
})

test('words reach vLLM as they were, however odd', async () => {
  await spark.run(`mkdir -p '/models/fine tune'`)
  await spark.launch(
    `'/models/fine tune' --served-model-name "it's" --chat-template '$(touch ~/harm); "x"'`,
    "-v '/models/fine tune:/models/fine tune:ro'",
  )
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  const served = (await (await spark.fetch('/v1/models')).json()) as { data: { id: string; root: string }[] }
  expect(served.data[0]).toMatchObject({ id: "it's", root: '/models/fine tune' })
  expect((await spark.run('ls ~/harm')).code).not.toBe(0)
})

test('stop takes the grace and exits 0, also when there is nothing; status exits 0 either way', async () => {
  await spark.launch(model)
  const status = (): Promise<string> => spark.run('~/spark-vllm-docker/launch-cluster.sh --solo status').then(({ stdout }) => stdout)
  expect(await status()).toContain("[HEAD] 127.0.0.1: Container 'vllm_node' is RUNNING.")
  const stop = '~/spark-vllm-docker/launch-cluster.sh --solo stop'
  expect((await spark.run(stop)).code).toBe(0)
  expect(spark.last('container_exit')).toMatchObject({ name: 'vllm_node', code: 137 })
  expect((await spark.run(stop)).code).toBe(0)
  expect(await status()).toContain("[HEAD] 127.0.0.1: Container 'vllm_node' is NOT running.")
})
