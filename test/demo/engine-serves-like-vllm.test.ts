import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
const model = 'org/some-model'
const ask = (content: string, more: object = {}): object => ({ messages: [{ role: 'user', content }], max_tokens: 4, ...more })
const mount = '-v ~/.cache/huggingface:/root/.cache/huggingface'
const serve = (words: string): Promise<unknown> =>
  spark.run(`docker run -d --name x ${mount} vllm-node vllm serve ${model} --port ${String(spark.host.vllmPort)} --max-model-len 32k ${words}`)

beforeAll(async () => {
  spark = await startSpark({ models: [model], timeScale: 0.05, completion_s: 0.2 })
  await serve('--gpu-memory-utilization 0.4 --served-model-name some other')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
})
afterAll(() => spark.close())

test('the start is logged in the order and the words of vLLM', async () => {
  const { stdout, stderr } = await spark.run('docker logs x 2>&1')
  expect(stderr).toBe('')
  const telling = [
    'vLLM API server version',
    `Starting to load model ${model}...`,
    'Loading safetensors checkpoint shards: 100% Completed',
    'Loading weights took',
    'Model loading took',
    'torch.compile took',
    'Available KV cache memory:',
    'GPU KV cache size:',
    'Maximum concurrency for 32,000 tokens per request:',
    'Capturing CUDA graphs (decode, FULL)',
    'Graph capturing finished in',
    'init engine (profile, create kv cache, warmup model) took',
    `Starting vLLM server on http://0.0.0.0:${String(spark.host.vllmPort)}`,
    'Application startup complete.',
  ]
  const places = telling.map((words) => stdout.indexOf(words))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(stdout).toMatch(/^\(EngineCore pid=\d+\) INFO \d\d-\d\d \d\d:\d\d:\d\d \[\w+\.py:\d+\] Starting to load model/m)
})

test('models are listed under their served names, with the repository as root', async () => {
  const { data } = (await (await spark.fetch('/v1/models')).json()) as { data: object[] }
  expect(data).toMatchObject([
    { id: 'some', object: 'model', owned_by: 'vllm', root: model, max_model_len: 32_000 },
    { id: 'other', root: model },
  ])
})

test('a completion counts its tokens', async () => {
  const response = await spark.fetch('/v1/chat/completions', ask('hello', { model: 'other' }))
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({
    model: 'other',
    choices: [{ message: { role: 'assistant' }, finish_reason: 'length' }],
    usage: { completion_tokens: 4 },
  })
})

test('a wrong name is 404 in the shape of vLLM', async () => {
  const response = await spark.fetch('/v1/chat/completions', ask('hello', { model: 'nope' }))
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({ error: { message: 'The model `nope` does not exist.', type: 'NotFoundError', param: 'model', code: 404 } })
})

test('a stream comes in pieces, ends with usage and [DONE]', async () => {
  const response = await spark.fetch('/v1/chat/completions', ask('hello', { stream: true, stream_options: { include_usage: true } }))
  const lines = (await response.text()).split('\n\n').filter((line) => line !== '')
  expect(lines.at(-1)).toBe('data: [DONE]')
  const chunks = lines.slice(0, -1).map((line) => JSON.parse(line.slice(6)) as { choices: { delta: { content?: string } }[] })
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } })
  expect(chunks.filter((chunk) => chunk.choices[0]?.delta.content).length).toBe(4)
})

test('a request that runs is counted as long as it runs, and a prompt can make it slow', async () => {
  const running = async (): Promise<string | undefined> =>
    /^vllm:num_requests_running\{[^}]*\} (\S+)$/m.exec(await (await spark.fetch('/metrics')).text())?.[1]
  expect(await running()).toBe('0.0')
  const leave = new AbortController()
  const slow = spark.fetch('/v1/completions', { prompt: 'slow:60 please' }, {}, leave.signal)
  await until(running, (count) => count === '1.0')
  leave.abort()
  await expect(slow).rejects.toThrow('aborted')
  await until(running, (count) => count === '0.0')
  expect((await spark.fetch('/v1/completions', { prompt: 'slow:0.1 please' })).status).toBe(200)
})

test('what was generated is in the log from time to time', async () => {
  await until(
    async () => (await spark.run('docker logs x 2>&1')).stdout,
    (text) => /Engine 000: Avg prompt throughput: .* Running: 0 reqs, Waiting: 0 reqs, GPU KV cache usage/.test(text),
  )
})

test('as PID 1 it ends in order on docker stop, and listens again only after the next start', async () => {
  await spark.run('docker stop x')
  expect((await spark.run(`docker inspect --format '{{.State.ExitCode}}' x`)).stdout).toBe('0\n')
  expect(await spark.health()).toBe(0)
  await spark.run('docker start x')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
})

test('an API key is asked for under /v1 only', async () => {
  await spark.run('docker rm --force x')
  await serve('--gpu-memory-utilization 0.4 --api-key sesame')
  await until(
    () => spark.health(),
    (status) => status === 200,
  )
  expect((await spark.fetch('/metrics')).status).toBe(200)
  const refused = await spark.fetch('/v1/models')
  expect([refused.status, await refused.json()]).toEqual([401, { error: 'Unauthorized' }])
  expect((await spark.fetch('/v1/models', undefined, { authorization: 'Bearer sesame' })).status).toBe(200)
})
