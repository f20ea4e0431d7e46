import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
const words = ['gated', 'oom', 'oom-kill', 'unsupported-arch', 'never-healthy', 'crash-in-warmup', 'stop-hangs', 'wrong-name', 'slow-warm', 'bloom']
const wrapper = 'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}'
const log = async (): Promise<string> => (await spark.run('docker logs vllm_node 2>&1')).stdout
const serving = (): Promise<number> =>
  until(
    () => spark.health(),
    (status) => status === 200,
  )

beforeAll(async () => {
  spark = await startSpark({ models: words.map((word) => `demo/${word}-7b`), slowWarm_s: 15 })
})
afterEach(() => spark.run('docker rm --force vllm_node'))
afterAll(() => spark.close())

describe('while loading', () => {
  test.each([
    ['gated', 'OSError: You are trying to access a gated repo.', false, 'gated'],
    [
      'unsupported-arch',
      "ValueError: Model architectures ['DemoUnheardOfForCausalLM'] are not supported for now.",
      false,
      'unsupported_architecture',
    ],
    ['oom', 'torch.OutOfMemoryError: CUDA out of memory.', true, 'out_of_memory'],
    ['oom-kill', 'Engine core proc EngineCore died unexpectedly', true, 'killed_by_kernel'],
  ])('%s says why, exits 1, and leaves the container Up', async (word, line, wrapped, cause) => {
    await spark.launch(`demo/${word}-7b`)
    const exit = await until(
      () => spark.last('engine_exit'),
      (event) => event?.['cause'] === cause,
    )
    expect(exit).toMatchObject({ code: 1, model: `demo/${word}-7b` })
    const text = await until(log, (said) => said.includes(wrapped ? wrapper : line))
    expect([text.includes(line), text.includes(wrapper)]).toEqual([true, wrapped])
    expect((await spark.run(`docker ps --format '{{.State}}'`)).stdout).toBe('running\n')
  })

  test('as PID 1 its container exits with it', async () => {
    await spark.run('docker run -d --name vllm_node -v ~/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve demo/oom-7b')
    const state = (): Promise<string> =>
      spark.run(`docker inspect --format '{{.State.Status}} {{.State.ExitCode}}' vllm_node`).then(({ stdout }) => stdout)
    await until(state, (text) => text === 'exited 1\n')
    expect(await log()).toContain(wrapper)
  })

  test('weights that are not on the disk, or not mounted, cannot be loaded', async () => {
    await spark.launch('demo/never-downloaded')
    await until(log, (text) => text.includes('LocalEntryNotFoundError'))
    await spark.run('docker rm --force vllm_node; docker run -d --name vllm_node vllm-node vllm serve demo/bloom-7b')
    await until(log, (text) => text.includes('LocalEntryNotFoundError'))
    await spark.run('docker rm --force vllm_node; docker run -d --name vllm_node vllm-node vllm serve /models/nowhere')
    await until(log, (text) =>
      text.includes("HFValidationError: Repo id must be in the form 'repo_name' or 'namespace/repo_name': '/models/nowhere'"),
    )
  })

  test('never-healthy stops in the middle of the weights', async () => {
    await spark.launch('demo/never-healthy-7b')
    await until(
      () => spark.run('nvidia-smi --query-compute-apps=pid --format=csv,noheader').then(({ stdout }) => stdout),
      (pids) => pids !== '',
    )
    expect(await log()).not.toContain('Loading weights took')
    expect(await spark.health()).toBe(0)
  })
})

test('crash-in-warmup answers the first completion with 500 and health with 503', async () => {
  spark.host.behave({ agony_s: 3600 })
  await spark.launch('demo/crash-in-warmup-7b')
  await serving()
  expect((await spark.fetch('/v1/completions', { prompt: 'x' })).status).toBe(500)
  expect(await spark.health()).toBe(503)
  expect(await log()).toContain('EngineDeadError: EngineCore encountered an issue.')
})

test('crash-in-warmup is gone a little later, and its container stays Up', async () => {
  spark.host.behave({ agony_s: 4 })
  await spark.launch('demo/crash-in-warmup-7b')
  await serving()
  await spark.fetch('/v1/completions', { prompt: 'x' })
  await until(
    () => spark.health(),
    (status) => status === 0,
  )
  expect(spark.last('engine_exit')).toMatchObject({ code: 1, cause: 'crash_in_warmup' })
  expect((await spark.run(`docker ps --format '{{.State}}'`)).stdout).toBe('running\n')
})

test('stop-hangs is not ended by docker stop, but by docker kill', async () => {
  await spark.launch('demo/stop-hangs-7b')
  await serving()
  expect(await spark.run('docker stop --time 1 vllm_node')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('did not receive an exit event'),
  })
  expect(await spark.health()).toBe(200)
  expect((await spark.run('docker kill vllm_node')).code).toBe(0)
  expect(await spark.health()).toBe(0)
})

test('stop-hangs can be made to end by time alone', async () => {
  spark.host.behave({ stopHang: { killWorks: false, endsAfter_s: 30 } })
  await spark.launch('demo/stop-hangs-7b')
  await serving()
  expect((await spark.run('docker stop --time 1 vllm_node')).code).toBe(1)
  expect((await spark.run('docker rm --force vllm_node')).code).toBe(1)
  await until(
    () => spark.health(),
    (status) => status === 0,
  )
})

test('wrong-name serves under another name', async () => {
  await spark.launch('demo/wrong-name-7b')
  await serving()
  expect(await (await spark.fetch('/v1/models')).json()).toMatchObject({ data: [{ id: 'somebody/elses-model', root: 'somebody/elses-model' }] })
})

test('slow-warm takes its time for the first completion only', async () => {
  await spark.launch('demo/slow-warm-7b')
  await serving()
  const first = spark.fetch('/v1/completions', { prompt: 'x' }).then(() => 'first')
  expect(await Promise.race([first, spark.fetch('/v1/completions', { prompt: 'x' }).then(() => 'second')])).toBe('second')
  await first
})

test('a word in a word is no sentinel', async () => {
  await spark.launch('demo/bloom-7b')
  await serving()
})
