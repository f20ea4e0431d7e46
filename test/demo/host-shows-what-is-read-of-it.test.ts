import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
const model = 'org/a'
const serves = () =>
  until(
    () => spark.health(),
    (status) => status === 200,
  )
const serve = (more = '') => spark.launch(`${model} --gpu-memory-utilization 0.5 ${more}`).then(serves)
const ask = (prompt: string, signal?: AbortSignal) => spark.fetch('/v1/completions', { prompt, max_tokens: 8 }, {}, signal)
const gpu = async (fields: string): Promise<string> =>
  (await spark.run(`nvidia-smi --query-gpu=${fields} --format=csv,noheader,nounits`)).stdout.trim()
const counters = async (): Promise<Record<string, number>> => {
  const text = await (await spark.fetch('/metrics')).text()
  return Object.fromEntries([...text.matchAll(/^vllm:(\w+)\{[^}]*\} (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]))
}

beforeAll(async () => {
  spark = await startSpark({ models: [model], completion_s: 0.1 })
})
afterEach(async () => {
  spark.host.behave({ wedged: false, gpuTrouble: null })
  spark.host.setClock(0)
  await spark.run('docker rm --force vllm_node')
})
afterAll(() => spark.close())

test('files under /proc are the host’s own, and counters grow', async () => {
  const files = ['uptime', 'loadavg', 'stat', 'diskstats', 'net/dev', 'net/tcp', 'pressure/memory', 'pressure/cpu', 'pressure/io']
  const read = async (): Promise<string> => (await spark.run(`grep -H '' ${files.map((file) => `/proc/${file}`).join(' ')}`)).stdout
  const first = await read()
  for (const file of files) expect(first).toMatch(new RegExp(`/proc/${file}:`))
  expect(first).toMatch(/net\/dev: *enP7s7: \d+/)
  expect(first).toMatch(/diskstats: 259 +0 nvme0n1 /)
  expect(first).toMatch(/pressure\/memory:some avg10=0\.00 /)
  const uptime = (text: string): number => Number(/uptime:(\S+)/.exec(text)![1])
  await until(read, (text) => uptime(text) > uptime(first))
})

test('the processes of containers have their words and variables under /proc, and an orphan has its own', async () => {
  await spark.run(
    `docker run -d --name vllm_node -e SPARK_SWAP=s1 -v ~/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve ${model} --chat-template 'a b' --gpu-memory-utilization 0.4`,
  )
  const { stdout } = await spark.run(
    `for pid in $(docker top vllm_node -eo pid,args | awk 'NR > 1 {print $1}'); do tr '\\0' '|' <"/proc/$pid/cmdline"; tr '\\0' '|' <"/proc/$pid/environ"; echo; done`,
  )
  expect(stdout).toContain(`/usr/bin/python3|/usr/local/bin/vllm|serve|${model}|--chat-template|a b|`)
  expect(stdout).toContain('VLLM::EngineCore|SPARK_SWAP=s1|')
  const pid = spark.host.leaveOrphan(20, { SPARK_CLUSTER: 'c' })
  expect((await spark.run('nvidia-smi --query-compute-apps=pid --format=csv,noheader')).stdout).toContain(String(pid))
  expect((await spark.run(`cat /proc/${pid}/environ`)).stdout).toBe('SPARK_CLUSTER=c\0')
  expect((await spark.run(`env kill -KILL ${pid}`)).code).toBe(0)
  expect((await spark.run('nvidia-smi --query-compute-apps=pid --format=csv,noheader')).stdout).not.toContain(String(pid))
})

test('a GPU that works is warmer than one that waits, and memory is not available as a figure', async () => {
  expect(await gpu('utilization.gpu,power.draw,memory.used,temperature.gpu,clocks.sm')).toBe('0, 11.17, [N/A], 43, 208')
  await serve()
  const leave = new AbortController()
  const slow = ask('slow:60', leave.signal)
  await until(
    () => gpu('utilization.gpu,power.draw'),
    (said) => said === '94, 62.41',
  )
  leave.abort()
  await expect(slow).rejects.toThrow()
})

test('a wedged engine runs requests, makes no tokens, is healthy, and idles; unwedged it goes on', async () => {
  await serve()
  spark.host.behave({ wedged: true })
  const stuck = ask('hello')
  await until(counters, (now) => now['num_requests_running'] === 1)
  const before = await counters()
  expect(await spark.health()).toBe(200)
  expect(await gpu('utilization.gpu,power.draw')).toBe('0, 12.83')
  expect((await counters())['generation_tokens_total']).toBe(before['generation_tokens_total'])
  spark.host.behave({ wedged: false })
  expect((await stuck).status).toBe(200)
  expect((await counters())['generation_tokens_total']).toBe(before['generation_tokens_total']! + 8)
})

test('more requests than may run wait, and what the KV cache has no room for is preempted', async () => {
  await serve('--max-num-seqs 2')
  const leave = new AbortController()
  const slow = Array.from({ length: 3 }, () => ask('slow:60', leave.signal).catch(() => null))
  await until(counters, (now) => now['num_requests_running'] === 2 && now['num_requests_waiting'] === 1)
  leave.abort()
  await Promise.all(slow)
  await until(counters, (now) => now['num_requests_running'] === 0)
  const again = new AbortController()
  const large = Array.from({ length: 2 }, () => ask('tokens:200000 slow:60', again.signal).catch(() => null))
  await until(counters, (now) => now['num_preemptions_total'] === 1 && now['kv_cache_usage_perc']! > 0.5)
  again.abort()
  await Promise.all(large)
})

test('the time to the first token is told', async () => {
  await serve()
  await ask('hello')
  const text = await (await spark.fetch('/metrics')).text()
  expect(text).toMatch(/^vllm:time_to_first_token_seconds_count\{[^}]*\} 1\.0$/m)
  expect(text).toMatch(/^vllm:time_to_first_token_seconds_bucket\{[^}]*le="\+Inf"\} 1\.0$/m)
})

test('nvidia-smi that hangs is ended by whoever asked, and without its driver it says so', async () => {
  spark.host.behave({ gpuTrouble: { hangs_s: 30 } })
  expect(await spark.run('timeout 0.2 nvidia-smi -L')).toMatchObject({ code: 124, stdout: '' })
  spark.host.behave({ gpuTrouble: 'no_driver' })
  expect(await spark.run('nvidia-smi -L')).toMatchObject({ code: 9, stdout: expect.stringContaining("couldn't communicate with the NVIDIA driver") })
})

test('a clock a day off is off for date, docker and the log alike', async () => {
  spark.host.setClock(86_400)
  const day = async (command: string): Promise<number> => Date.parse((await spark.run(command)).stdout.trim())
  const tomorrow = Date.now() + 86_000_000
  expect(Number((await spark.run('date +%s%3N')).stdout)).toBeGreaterThan(tomorrow)
  await spark.run('docker run -d --name vllm_node vllm-node sh -c "echo hello; sleep 60"')
  expect(await day(`docker inspect --format '{{.State.StartedAt}}' vllm_node`)).toBeGreaterThan(tomorrow)
  await until(
    async () => (await spark.run('docker logs --since 10m vllm_node')).stdout,
    (text) => text === 'hello\n',
  )
})

test('what listens is listed, with its process', async () => {
  await serve()
  spark.host.tellOfService(6333, 'qdrant')
  const { stdout } = await spark.run('ss -ltnpH')
  expect(stdout).toMatch(new RegExp(`^LISTEN +0 +4096 +0\\.0\\.0\\.0:${spark.host.vllmPort} +0\\.0\\.0\\.0:\\* +users:\\(\\("vllm"`, 'm'))
  expect(stdout).toContain('0.0.0.0:6333')
})

test.each([
  ['org/log-2025', ['(EngineCore_DP0 pid=', 'torch.compile takes', 'Starting vLLM API server 0 on']],
  ['org/log-2026', ['(EngineCore pid=', 'torch.compile took', 'Starting vLLM server on']],
  ['org/log-fastsafetensors', ['Loading safetensors using Fastsafetensor loader: 100% Completed']],
])('%s starts in the words of its release', async (name, words) => {
  spark.host.storeModel(name)
  await spark.launch(`${name} --gpu-memory-utilization 0.5`)
  await serves()
  const log = async (): Promise<string> => (await spark.run('docker logs vllm_node 2>&1')).stdout
  await until(log, (text) => words.every((word) => text.includes(word)))
})
