import { afterEach, expect, test } from 'vitest'
import { startSpark, until } from './spark.ts'
import type { Spark } from './spark.ts'

let spark: Spark
afterEach(() => spark.close())

test('an empty host has docker and a GPU, and nothing else that a model needs', async () => {
  spark = await startSpark({ furnished: 'empty' })
  expect((await spark.run('ls ~ /models')).stdout).not.toContain('spark-vllm-docker')
  expect((await spark.run('ls ~/.cache/huggingface')).code).not.toBe(0)
  expect((await spark.run('docker images --quiet; docker ps --all --quiet')).stdout).toBe('')
  expect((await spark.run('nvidia-smi -L; cat /etc/dgx-release; ibdev2netdev')).stdout).toMatch(/GB10[\s\S]*DGX_SWBUILD_VERSION[\s\S]*\(Down\)/)
})

test('a messy host serves under an odd name and port, and has folders of every kind', async () => {
  spark = await startSpark({ furnished: 'messy' })
  const [container] = JSON.parse((await spark.run('docker inspect vllm-gemma4')).stdout)
  expect(container).toMatchObject({
    Config: { Entrypoint: ['vllm', 'serve'], Env: expect.arrayContaining(['HF_TOKEN=hf_not_a_real_token']), Cmd: expect.arrayContaining(['gemma4']) },
    HostConfig: {
      NetworkMode: 'bridge',
      ShmSize: 16 * 1024 ** 3,
      RestartPolicy: { Name: 'unless-stopped' },
      DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }],
      Ulimits: [{ Name: 'memlock', Soft: -1, Hard: -1 }],
    },
  })
  const port = container.HostConfig.PortBindings['8000/tcp'][0].HostPort as string
  await until(
    () =>
      fetch(`http://127.0.0.1:${port}/v1/models`).then(
        async (answer) => JSON.stringify(await answer.json()),
        () => '',
      ),
    (text) => text.includes('"id":"gemma4"'),
  )
  expect((await spark.run(`docker ps --all --format '{{.Names}} {{.State}}' | sort`)).stdout).toBe(
    'finished exited\nopen-webui running\nvllm-gemma4 running\n',
  )
  expect((await spark.run('readlink -f /models/leads-out; ls /models/only-config; test -e /models/leads-nowhere || echo dangling')).stdout).toMatch(
    /^\/usr\nconfig\.json\ntokenizer\.json\ndangling\n$/,
  )
  const { stdout } = await spark.run(
    `find ~/.cache/huggingface/hub -name '*.safetensors' -printf '%l\\n' | head -n 1; find ~/.cache/huggingface/hub -name '*.incomplete' | wc -l`,
  )
  expect(stdout).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{64}\n[1-9]/)
})
