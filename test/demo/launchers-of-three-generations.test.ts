import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Fabric } from '../../demo/fabric/fabric.ts'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let head: Spark
let worker: Spark
const model = 'org/large'
const dir = '~/spark-vllm-docker'
const launcher = `${dir}/launch-cluster.sh`
const names = async (spark: Spark): Promise<string> => (await spark.run(`docker ps --format '{{.Names}}'`)).stdout
const log = async (name = 'vllm_node'): Promise<string> => (await head.run(`docker logs ${name} 2>&1`)).stdout
const serves = () =>
  until(
    () => head.health(),
    (status) => status === 200,
  )

beforeAll(async () => {
  const fabric = new Fabric()
  const start = (name: string) => startSpark({ name, fabric, models: [model, 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8'] })
  ;[head, worker] = await Promise.all([start('spark-1'), start('spark-2')])
})
afterEach(async () => {
  await Promise.all([head, worker].map((spark) => spark.run('docker rm --force $(docker ps --all --quiet)')))
})
afterAll(async () => {
  await Promise.all([head.close(), worker.close()])
})

test.each([
  ['january', [], ['--solo', '--no-ray', '--launch-script', '--volume']],
  ['summer', ['--solo', '--no-ray', '--launch-script', '--env'], ['--ray ', '--publish', '--volume', '--earlyoom', '--keep-entrypoint']],
  ['autumn', ['--solo', '--ray', '--no-ray', '--publish', '--volume', '--keep-entrypoint', '--earlyoom', '--non-privileged'], []],
  ['unheard-of', ['sparkctl'], ['--name']],
] as const)('the help of %s tells what it can', async (generation, has, lacks) => {
  head.host.installLauncher(generation)
  const { code, stdout } = await head.run(`${launcher} --help`)
  expect(code).toBe(generation === 'unheard-of' ? 0 : 1)
  for (const word of has) expect(stdout).toContain(word)
  for (const word of lacks) expect(stdout).not.toContain(word)
  expect((await head.run(`test -e ${dir}/run-recipe.sh`)).code === 0).toBe(generation === 'summer' || generation === 'autumn')
})

test('january takes --solo stop for a start, of both hosts', async () => {
  head.host.installLauncher('january')
  expect(await head.run(`timeout 20 ${launcher} -d --solo stop`)).toMatchObject({ code: 0 })
  expect([await names(head), await names(worker)]).toEqual(['vllm_node\n', 'vllm_node\n'])
})

test('january cleans up after exec, also with -d', async () => {
  head.host.installLauncher('january')
  expect(await head.run(`${launcher} -d exec sh -c 'echo did; exit 4'`)).toMatchObject({ code: 4, stdout: expect.stringContaining('did\n') })
  expect([await names(head), await names(worker)]).toEqual(['', ''])
})

test('summer needs Ray for two, unless told not to, and its status asks Ray', async () => {
  head.host.installLauncher('summer')
  const launch = (more: string) => head.run(`${launcher} -d ${more} exec vllm serve ${model} --port ${head.host.vllmPort} -tp 2`)
  expect(await launch('')).toMatchObject({ code: 0, stdout: expect.stringContaining('--distributed-executor-backend ray') })
  expect((await head.run(`${launcher} status`)).stdout).toContain('0.0/2.0 GPU')
  await head.run(`${launcher} stop`)
  expect(await launch('--no-ray')).toMatchObject({ code: 0, stdout: expect.stringContaining('--nnodes 2') })
  expect((await head.run(`${launcher} --solo status`)).stdout).toContain('Could not find any running Ray instance')
})

test('a bad .env is refused before anything happens', async () => {
  head.host.installLauncher('autumn')
  await head.run(`cp ${dir}/.env ~/good && echo 'LOCAL_IP=10.0.0.1' >> ${dir}/.env`)
  expect(await head.run(`${launcher} --solo stop`)).toMatchObject({ code: 1, stdout: expect.stringContaining("Duplicate key 'LOCAL_IP'") })
  await head.run(`cp ~/good ${dir}/.env && echo 'what is this' >> ${dir}/.env`)
  expect(await head.run(`${launcher} --solo status`)).toMatchObject({ code: 1, stdout: expect.stringContaining('Invalid syntax') })
  await head.run(`cp ~/good ${dir}/.env && echo 'CONTAINER_DEMO=1' >> ${dir}/.env`)
  await head.run(`${launcher} --solo -d start`)
  expect((await head.run(`docker inspect --format '{{json .Config.Env}}' vllm_node`)).stdout).toContain('"DEMO=1"')
  await head.run(`cp ~/good ${dir}/.env`)
})

test('a mod is run in the container, and one that fails stops everything', async () => {
  head.host.installLauncher('autumn')
  expect(await head.run(`${launcher} --solo -d --apply-mod mods/fix-demo start`)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('mod fix-demo applied'),
  })
  await head.run(`${launcher} --solo stop; mkdir -p ${dir}/mods/bad && printf 'exit 3\\n' > ${dir}/mods/bad/run.sh`)
  expect(await head.run(`${launcher} --solo -d --apply-mod mods/bad start`)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("Mod 'bad' failed"),
  })
  expect(await names(head)).toBe('')
})

test('a launch script is not copied again into a container that runs', async () => {
  head.host.installLauncher('autumn')
  await head.run(`printf 'echo first\\n' > ~/first.sh; printf 'echo second\\n' > ~/second.sh`)
  await head.run(`${launcher} --solo -d --launch-script ~/first.sh`)
  await until(
    () => log(),
    (text) => text.includes('first\n'),
  )
  expect((await head.run(`${launcher} --solo -d --launch-script ~/second.sh`)).stdout).toContain('already running')
  await until(
    () => log(),
    (text) => text.split('first\n').length === 3,
  )
  expect(await log()).not.toContain('second')
})

test('earlyoom is the main process where asked, and ends the engine before memory does', async () => {
  head.host.installLauncher('autumn')
  expect(
    (await head.run(`${launcher} --solo -d --earlyoom exec vllm serve ${model} --port ${head.host.vllmPort} --gpu-memory-utilization 0.5`)).code,
  ).toBe(0)
  expect((await head.run(`docker inspect --format '{{json .Config.Cmd}}' vllm_node`)).stdout).toBe('["earlyoom","-M","1048576","-r","0"]\n')
  await serves()
  head.host.takeMemory(60)
  await until(
    () => log(),
    (text) => text.includes('sending SIGTERM to process'),
  )
  head.host.takeMemory(0)
})

test('limits, a kept entry point, a published port and further volumes reach docker', async () => {
  head.host.installLauncher('autumn')
  await head.run(
    `${launcher} --solo -d --name odd -p ${head.host.vllmPort}:8000 -v /models:/models:ro --non-privileged --mem-limit-gb 90 --shm-size-gb 8 exec vllm serve ${model} --gpu-memory-utilization 0.5`,
  )
  await serves()
  const [container] = JSON.parse((await head.run('docker inspect odd')).stdout)
  expect(container.HostConfig).toMatchObject({ NetworkMode: 'bridge', Privileged: false, Memory: 90 * 1024 ** 3, ShmSize: 8 * 1024 ** 3 })
  expect(container.HostConfig.Binds).toContain('/models:/models:ro')
})

test('a recipe starts what it says, with its mod and braces', async () => {
  head.host.installLauncher('autumn')
  expect((await head.run(`${dir}/run-recipe.sh --list`)).stdout).toMatch(/demo-qwen3\n {4}Demo Qwen3 30B/)
  expect((await head.run(`${dir}/run-recipe.sh demo-qwen3 --solo --dry-run --port 1234`)).stdout).toMatch(
    /--port 1234 [\s\S]*--hf-overrides '\{"rope_scaling": null\}'/,
  )
  const { code, stdout } = await head.run(
    `${dir}/run-recipe.sh demo-qwen3 --solo -d -e SPARK_SWAP=s2 --port ${head.host.vllmPort} -- --served-model-name mine`,
  )
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('mod fix-demo applied') })
  await serves()
  expect(await (await head.fetch('/v1/models')).json()).toMatchObject({ data: [{ id: 'mine' }] })
  expect(head.last('engine_start')).toMatchObject({ env: { SPARK_SWAP: 's2' } })
})

test('a recipe whose image is missing asks, and dies of having nobody to ask', async () => {
  head.host.installLauncher('autumn')
  expect(await head.run(`${dir}/run-recipe.sh demo-qwen3 --solo -d -t not-built`, '')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('EOFError'),
  })
  expect(await head.run(`${dir}/run-recipe.sh no-such --solo`)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("Recipe 'no-such' not found"),
  })
})
