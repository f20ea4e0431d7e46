import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adoptedModel } from '../../../domain/adoption/adopted-model.ts'
import { readVllmArguments } from '../../../domain/adoption/vllm-arguments.ts'
import { vllmServe } from '../../../domain/launchers/vllm-serve.ts'
import { Knobs } from '../../../domain/model.ts'
import { modelWith, spark1 } from '../launchers/sample.ts'
import { container, place, serve } from './sample.ts'

const adopted = (...[shape, at]: [Parameters<typeof container>[0], Partial<typeof place>?]) => adoptedModel(container(shape), { ...place, ...at })

test('a plain docker run under an odd name and port becomes a model of the docker launcher', () => {
  const found = adopted({
    name: 'vllm-gemma4',
    command: serve('google/gemma-4-27b', '--port', '8000', '--max-model-len', '32768', '-tp', '1', '--max-log-len', '10'),
  })
  expect(found).toMatchObject({ container: 'vllm-gemma4', port: 8000, servedName: 'google/gemma-4-27b', why: null, notes: [] })
  expect(found?.snapshot).toMatchObject({
    key: 'gemma-4-27b',
    launcher: 'docker',
    repo: 'google/gemma-4-27b',
    local: false,
    image: 'vllm/vllm-openai:latest',
    container: 'vllm-gemma4',
    port: 8000,
    placement: ['spark-1'],
    knobs: { max_model_len: 32768, tensor_parallel_size: 1, extra_args: ['--max-log-len', '10'] },
    launch: {},
  })
})

test('a container of launch-cluster.sh is known by its sleep and the engine executed into it', () => {
  const shell = ['bash', '-c', 'vllm serve Qwen/Qwen3-8B --port 8888 --served-model-name house >> /proc/1/fd/1 2>&1']
  const seen = { name: 'vllm_node', image: 'vllm-node', command: ['sleep', 'infinity'], host: { Privileged: true, AutoRemove: true } }
  const env = ['VLLM_HOST_IP=127.0.0.1', 'NCCL_IGNORE_CPU_AFFINITY=1', 'VLLM_LOGGING_LEVEL=DEBUG']
  for (const processes of [
    [seen.command, shell, serve('Qwen/Qwen3-8B', '--port', '8888', '--served-model-name', 'house')],
    [seen.command, shell],
  ]) {
    const { snapshot } = adopted({ ...seen, env, processes })!
    expect(snapshot).toMatchObject({
      launcher: 'spark-vllm-docker',
      repo: 'Qwen/Qwen3-8B',
      served_name: 'house',
      port: null,
      env: { VLLM_LOGGING_LEVEL: 'DEBUG' },
      launch: {},
    })
  }
  expect(adopted({ ...seen, processes: [seen.command] })).toBeNull()
})

test.each([
  ['an entry point of the image in front', ['/opt/nvidia/nvidia_entrypoint.sh', 'vllm', 'serve', 'a/b']],
  ['the server as a module', ['python3', '-m', 'vllm.entrypoints.openai.api_server', '--model', 'a/b']],
  ['a shell around it', ['bash', '-lc', "exec vllm serve 'a/b'"]],
  ['flags with underscores and equals signs', ['vllm', 'serve', '--model=a/b', '--max_num_seqs=4']],
])('the command is found with %s', (_what, command) => {
  expect(adopted({ command })?.snapshot).toMatchObject({ repo: 'a/b', port: 8000 })
})

test('a fine-tune mounted elsewhere is known by its folder on the host, and keeps its name', () => {
  const { snapshot, notes } = adopted({
    command: serve('/model', '--port', '8888'),
    binds: ['/data/tunes/ten31:/model:ro', '/data/templates:/templates'],
  })!
  expect(snapshot).toMatchObject({
    local: true,
    repo: null,
    local_path: '/data/tunes/ten31',
    served_name: '/model',
    launch: { volumes: ['/data/templates:/templates'] },
  })
  expect(notes.join()).toContain('/data/tunes/ten31')
})

test('rights, limits and a published port are kept as far as the docker launcher can say them', () => {
  const host = {
    NetworkMode: 'bridge',
    PortBindings: { '8000/tcp': [{ HostIp: '', HostPort: '18000' }] },
    Ulimits: [{ Name: 'memlock', Soft: -1, Hard: -1 }],
    RestartPolicy: { Name: 'unless-stopped' },
  }
  const { snapshot, notes } = adopted({ command: serve('a/b'), host })!
  expect(snapshot).toMatchObject({ port: 18_000, launch: { extra_docker_args: '--ulimit memlock=-1' } })
  expect(notes).toHaveLength(2)
})

test('the key is the catalog entry of the same weights', () => {
  const known = { ...modelWith({ repo: 'a/b', served_name: 'a/b' }), key: 'house' }
  expect(adopted({ command: serve('a/b') }, { catalog: [known] })?.snapshot?.key).toBe('house')
})

test('a model over both hosts names both, head first, also when seen from its worker', () => {
  const hosts = [spark1, { ...spark1, name: 'spark-2' }]
  const ranks = (rank: number) =>
    serve('a/b', '-tp', '2', '--nnodes', '2', '--node-rank', String(rank), '--master-port', '29501', ...(rank > 0 ? ['--headless'] : []))
  expect(adopted({ command: ranks(0) }, { hosts })?.snapshot).toMatchObject({ placement: ['spark-1', 'spark-2'], launch: { master_port: 29501 } })
  expect(adopted({ command: ranks(1) }, { hosts })?.hosts).toEqual(['spark-2', 'spark-1'])
  expect(adopted({ command: ranks(0) })?.why).toContain('2 hosts')
})

test('what was started here is read back with the knobs that it was started with', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9_.]{0,9}$/)
  const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined })
  const knobs = fc.record({
    max_model_len: optional(fc.integer({ min: 1, max: 16_777_216 })),
    gpu_memory_utilization: optional(fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100)),
    max_num_seqs: optional(fc.integer({ min: 1, max: 65_536 })),
    max_num_batched_tokens: optional(fc.integer({ min: 1, max: 100_000 })),
    tensor_parallel_size: optional(fc.integer({ min: 1, max: 8 })),
    pipeline_parallel_size: optional(fc.integer({ min: 1, max: 8 })),
    dtype: optional(fc.constantFrom('auto' as const, 'bfloat16' as const)),
    quantization: optional(word),
    kv_cache_dtype: optional(word),
    load_format: optional(word),
    tool_call_parser: optional(word),
    reasoning_parser: optional(word),
    enable_auto_tool_choice: optional(fc.constant(true)),
    enable_prefix_caching: optional(fc.boolean()),
    trust_remote_code: optional(fc.constant(true)),
  })
  fc.assert(
    fc.property(knobs, (given) => {
      const written = Knobs.parse(JSON.parse(JSON.stringify(given)))
      const argv = vllmServe(modelWith({ repo: 'a/b', knobs: written }), 8888)
      const { weights, port, servedNames, knobs: read } = readVllmArguments(argv.slice(2))
      expect({ weights, port, servedNames, read }).toEqual({ weights: 'a/b', port: 8888, servedNames: ['qwen3'], read: written })
    }),
  )
})
