import { afterEach, describe, expect, inject, test, vi } from 'vitest'
import { mostEnginesAtOnce } from './host-events.ts'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
const base = `http://${hosts.host('spark-a').address}:8888`
const launcher = '~/spark-vllm-docker/launch-cluster.sh'
const until = { timeout: 20_000, interval: 50 }
const ssh = (commandLine: string) => hosts.ssh('spark-a', commandLine)
const launch = (model: string, options = '') => ssh(`${launcher} --solo -d ${options} exec vllm serve ${model} --port 8888`)
const healthy = () => vi.waitFor(async () => expect((await fetch(`${base}/health`)).status).toBe(200), until)
const served = async (): Promise<unknown> => (await fetch(`${base}/v1/models`)).json()

afterEach(() => hosts.restoreAll())

test('it brings a model up that answers, in a container marked by its environment alone', async () => {
  expect(await launch('spark-test/first', '-e SPARK_SWAP=s1 -e SPARK_FENCE=7')).toMatchObject({ code: 0 })
  await healthy()
  expect(await served()).toMatchObject({ data: [{ id: 'spark-test/first' }] })
  const body = JSON.stringify({ model: 'spark-test/first', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 8 })
  const completion: unknown = await (await fetch(`${base}/v1/chat/completions`, { method: 'POST', body })).json()
  expect(completion).toMatchObject({ object: 'chat.completion', usage: { completion_tokens: 2 } })
  expect(await (await fetch(`${base}/metrics`)).text()).toMatch(/^vllm:num_requests_running\{.*\} 0\.0$/m)

  const { stdout } = await ssh("docker inspect vllm_node --format '{{json .Config.Labels}} {{.HostConfig.AutoRemove}} {{json .Config.Env}}'")
  expect(stdout).toMatch(/^\{\} true /)
  for (const mark of ['"SPARK_SWAP=s1"', '"SPARK_FENCE=7"']) expect(stdout).toContain(mark) // in whatever order: docker keeps none
  expect((await ssh('docker logs vllm_node')).stdout).toContain('Application startup complete.')
})

test('with -d it answers 0 although no container came: only its words tell', async () => {
  const { code, stderr } = await launch('spark-test/first', '-t no-such-image')
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Unable to find image') as string })
  expect((await ssh('docker ps --all --quiet')).stdout).toBe('')
})

test('launched into a running container it starts a second engine there, and the first goes on answering', async () => {
  const before = (await hosts.events('spark-a')).length
  await launch('spark-test/first')
  await healthy()
  const again = await launch('spark-test/second')
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('already running. Skipping launch.') as string })
  await vi.waitFor(async () => expect((await ssh('docker logs vllm_node')).stdout).toContain('[Errno 98] Address already in use'), until)
  expect(await served()).toMatchObject({ data: [{ id: 'spark-test/first' }] })
  expect(mostEnginesAtOnce((await hosts.events('spark-a')).slice(before))).toBe(2)
})

test('a model that dies leaves its container up', async () => {
  expect(await launch('spark-test/oom')).toMatchObject({ code: 0 })
  await vi.waitFor(async () => expect((await ssh('docker logs vllm_node')).stdout).toContain('CUDA out of memory'), until)
  expect((await ssh(`${launcher} --solo status`)).stdout).toBe("[HEAD] 127.0.0.1: Container 'vllm_node' is RUNNING.\n")
})

test('an API server that is killed leaves an engine process behind, which holds its memory', async () => {
  await launch('spark-test/first')
  await healthy()
  await ssh("pkill -9 --full '^node .*serve.ts serve spark-test/first'")
  await expect(fetch(`${base}/health`)).rejects.toThrow()
  expect((await ssh('nvidia-smi --query-compute-apps=process_name --format=csv,noheader')).stdout).toBe('VLLM::EngineCore\n')
})

test('without --solo it stops nothing; with it, the container is gone and its log with it', async () => {
  await launch('spark-test/first')
  expect(await ssh(`${launcher} stop`)).toMatchObject({ code: 1 })
  expect((await ssh('docker ps --format {{.Names}}')).stdout).toBe('vllm_node\n')
  expect(await ssh(`${launcher} --solo stop`)).toMatchObject({ code: 0 })
  await vi.waitFor(async () => expect(await ssh('docker logs vllm_node')).toMatchObject({ code: 1 }), until)
  expect(await ssh(`${launcher} --solo stop`)).toMatchObject({ code: 0 })
})

test('in the foreground the command gets its words as they were given, its code is the answer, and what was started is stopped', async () => {
  const { code, stdout } = await ssh(`${launcher} --solo exec bash -c 'printf "<%s>" "$@"; exit 7' name "it's" 'a "b" $(id) \`id\` ; *'`)
  expect(code).toBe(7)
  expect(stdout).toContain('<it\'s><a "b" $(id) `id` ; *>')
  expect((await ssh('docker ps --quiet')).stdout).toBe('')
})

test('an unknown argument and a missing action get the usage, and 1', async () => {
  expect(await ssh(`${launcher} --no-such-flag`)).toMatchObject({ code: 1, stdout: expect.stringContaining('Usage:') as string })
  expect(await ssh(`${launcher} --solo`)).toMatchObject({ code: 1, stdout: expect.stringContaining('Usage:') as string })
})

describe('on two hosts', () => {
  const [head, worker] = [hosts.host('spark-a').address, hosts.host('spark-b').address]
  const both = `${launcher} -n ${head},${worker} --eth-if eth0 --ib-if eth0`
  const ask = (limit_ms: number) => {
    const body = JSON.stringify({ model: 'spark-test/first', prompt: 'Hello', max_tokens: 2 })
    return fetch(`${base}/v1/completions`, { method: 'POST', body, signal: AbortSignal.timeout(limit_ms) })
  }

  test('the head starts the worker over its own SSH; without power there, it stays healthy and answers no more', async () => {
    const started = await ssh(`${both} -d -e SPARK_SWAP=s2 exec vllm serve spark-test/first --port 8888 -tp 2`)
    expect({ code: started.code, stderr: started.stderr }).toEqual({ code: 0, stderr: '' })
    await healthy()
    expect((await ask(20_000)).status).toBe(200)
    expect((await hosts.ssh('spark-b', 'docker logs vllm_node')).stdout).toContain('spark-test/first')
    expect((await ssh(`${both} status`)).stdout).toMatch(/\[HEAD\] .* is RUNNING\.\n\[WORKER\] .* is RUNNING\.\n$/)

    await hosts.off('spark-b')
    await expect(ask(500)).rejects.toThrow(/abort/)
    expect((await fetch(`${base}/health`)).status).toBe(200)
  })

  test('it refuses to start where the worker does not answer', async () => {
    await hosts.cut('spark-b', 'reset')
    expect(await ssh(`${both} -d start`)).toMatchObject({ code: 1, stdout: expect.stringContaining('Passwordless SSH') as string })
    expect((await ssh('docker ps --all --quiet')).stdout).toBe('')
  })
})
