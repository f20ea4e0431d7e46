import { afterEach, describe, expect, inject, test, vi } from 'vitest'
import { mostEnginesAtOnce } from './host-events.ts'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
const { address } = hosts.host('spark-a')
const base = `http://${address}:8888`
const run = 'docker run --detach --name vllm_node --network host --ipc host --gpus all --volume /models:/models:ro'
const cache = '--volume /root/.cache/huggingface:/root/.cache/huggingface'
const until = { timeout: 20_000, interval: 50 }

afterEach(() => hosts.restoreAll())

describe('two hosts', () => {
  test('each has an identity of its own, and the same image', async () => {
    const look = 'hostname; cat /proc/sys/kernel/random/boot_id; docker info --format "{{.ID}}"; docker image inspect vllm-node --format "{{.Id}}"'
    const [a, b] = await Promise.all([hosts.ssh('spark-a', look), hosts.ssh('spark-b', look)])
    const [nameA, bootA, engineA, imageA] = a.stdout.split('\n')
    const [nameB, bootB, engineB, imageB] = b.stdout.split('\n')
    expect([nameA, nameB]).toEqual(['spark-a', 'spark-b'])
    expect(bootA).not.toBe(bootB)
    expect(engineA).not.toBe(engineB)
    expect(imageA).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(imageA).toBe(imageB)
  })

  test('the GPU is a GB10 without memory figures', async () => {
    const { stdout } = await hosts.ssh(
      'spark-a',
      'nvidia-smi --query-gpu=name,memory.total,memory.used,utilization.gpu --format=csv,noheader,nounits',
    )
    expect(stdout).toBe('NVIDIA GB10, [N/A], [N/A], 0\n')
  })

  test('a bare relative command line runs in the home of root, with the commands of the host on its path', async () => {
    const { stdout } = await hosts.ssh('spark-a', 'pwd; command -v docker vllm nvidia-smi flock; test -d /var/lib/spark-control && echo fenced')
    expect(stdout.split('\n')).toEqual([
      '/root',
      '/usr/local/bin/docker',
      '/usr/local/bin/vllm',
      '/usr/local/bin/nvidia-smi',
      '/usr/bin/flock',
      'fenced',
      '',
    ])
  })
})

describe('the Docker Engine', () => {
  test('a labelled container serves its model, is found by its labels, and is gone after its stop', async () => {
    const started = await hosts.ssh(
      'spark-a',
      `${run} ${cache} --label spark.swap=s1 --label spark.fence=7 vllm-node vllm serve spark-test/first --port 8888`,
    )
    expect(started).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) as string })
    await vi.waitFor(async () => expect((await fetch(`${base}/health`)).status).toBe(200), until)
    const models: unknown = await (await fetch(`${base}/v1/models`)).json()
    expect(models).toMatchObject({ data: [{ id: 'spark-test/first', root: 'spark-test/first', max_model_len: 32_768 }] })

    const found = await hosts.ssh('spark-a', "docker ps --filter label=spark.swap=s1 --format '{{.Names}} {{.Labels}}'")
    expect(found.stdout).toMatch(/^vllm_node .*spark\.fence=7/)
    const processes = await hosts.ssh('spark-a', 'nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv,noheader,nounits')
    expect(processes.stdout).toMatch(/^\d+, VLLM::EngineCore, 112094\n$/)

    expect(await hosts.ssh('spark-a', 'docker stop vllm_node && docker rm vllm_node')).toMatchObject({ code: 0 })
    await expect(fetch(`${base}/health`)).rejects.toThrow()
    expect(await hosts.ssh('spark-a', 'docker inspect vllm_node')).toMatchObject({ code: 1, stdout: '[]\n' })
  })

  test('a local model is served from its mounted path, and not without the mount', async () => {
    await hosts.ssh('spark-a', `${run} vllm-node vllm serve /models/fine-tune --port 8888 --served-model-name tuned`)
    await vi.waitFor(async () => expect((await fetch(`${base}/health`)).status).toBe(200), until)
    const models: unknown = await (await fetch(`${base}/v1/models`)).json()
    expect(models).toMatchObject({ data: [{ id: 'tuned', root: '/models/fine-tune' }] })

    const unmounted = await hosts.ssh('spark-b', 'docker run --rm vllm-node vllm serve /models/fine-tune --port 8888')
    expect(unmounted).toMatchObject({ code: 1, stderr: expect.stringContaining('OSError') as string })
  })

  test.each([
    ['a missing image is refused', `${run} no-such-image true`, 125, 'Unable to find image'],
    ['a missing container is not found', 'docker logs no_such_container', 1, 'No such container'],
    ['a missing command cannot be executed', 'docker run --rm vllm-node no-such-command', 127, 'executable file not found'],
    ['a name is given once', 'docker create --name twice vllm-node true && docker create --name twice vllm-node true', 1, 'is already in use'],
  ])('%s', async (_, commandLine, code, words) => {
    expect(await hosts.ssh('spark-a', commandLine)).toMatchObject({ code, stderr: expect.stringContaining(words) as string })
  })
})

describe('the engine', () => {
  test.each([
    ['gated', 'OSError: You are trying to access a gated repo.'],
    ['oom', 'torch.OutOfMemoryError: CUDA out of memory.'],
    ['unsupported-arch', 'are not supported for now'],
  ])('a model named %s dies in its start, and says why', async (model, words) => {
    const { code, stderr } = await hosts.ssh(
      'spark-a',
      `docker run --rm --network host ${cache} vllm-node vllm serve spark-test/${model} --port 8888`,
    )
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(words) as string })
  })

  test('a model that never gets healthy refuses connections, with its loading begun', async () => {
    await hosts.ssh('spark-a', `${run} ${cache} vllm-node vllm serve spark-test/never-healthy --port 8888`)
    await vi.waitFor(async () => expect((await hosts.ssh('spark-a', 'docker logs vllm_node')).stdout).toContain('40% Completed'), until)
    await expect(fetch(`${base}/health`)).rejects.toThrow()
  })

  test('a crash in the first completion ends the server, and its container', async () => {
    await hosts.ssh('spark-a', `${run} ${cache} vllm-node vllm serve spark-test/crash-in-warmup --port 8888`)
    await vi.waitFor(async () => expect((await fetch(`${base}/health`)).status).toBe(200), until)
    const asked = fetch(`${base}/v1/chat/completions`, { method: 'POST', body: '{"model":"spark-test/crash-in-warmup","messages":[]}' })
    await expect(asked).rejects.toThrow()
    await vi.waitFor(async () => {
      expect((await hosts.ssh('spark-a', "docker inspect vllm_node --format '{{.State.Status}} {{.State.ExitCode}}'")).stdout).toBe('exited 1\n')
    }, until)
  })

  test('an engine that is killed without a word is in the record all the same', async () => {
    const before = (await hosts.events('spark-a')).length
    await hosts.ssh('spark-a', `${run} ${cache} --rm --env SPARK_SWAP=s9 vllm-node vllm serve spark-test/first --port 8888`)
    await vi.waitFor(async () => expect((await fetch(`${base}/health`)).status).toBe(200), until)
    await hosts.ssh('spark-a', 'docker kill vllm_node')
    const since = await vi.waitFor(async () => {
      const events = (await hosts.events('spark-a')).slice(before)
      expect(events.map(({ event }) => event)).toContain('container_removed')
      return events
    }, until)
    const container = since.find((event) => event.event === 'container_run')!
    const start = { model: 'spark-test/first', container_id: container.id, env: { SPARK_SWAP: 's9' } }
    expect(since.find(({ event }) => event === 'engine_start')).toMatchObject(start)
    expect(since.find(({ event }) => event === 'engine_exit')).toMatchObject({ code: null, cause: 'killed' })
    expect(mostEnginesAtOnce(since)).toBe(1)
  })
})
