import { expect, test } from 'vitest'
import { markOf, readContainers } from '../../domain/host-facts/containers.ts'
import { figure, readComputeApps, readGpu } from '../../domain/host-facts/gpu.ts'
import { onHost, readFacts } from '../../domain/host-facts.ts'

const look = (parts: Record<string, [text: string, code: number | 'missing']>): string =>
  Object.entries(parts)
    .map(([name, [text, code]]) => `\n#spark ${name}\n${text}\n\n#spark = ${code}\n`)
    .join('') + '\n#spark end\n'

const labels = { 'spark.cluster': 'demo', 'spark.swap': 's1', 'spark.fence': '7', 'spark.step': '3', 'spark.attempt': '1', 'spark.model': 'qwen' }
const mark = { cluster: 'demo', swap: 's1', fence: 7, step: 3, attempt: 1, model: 'qwen' }
const container = (more: object = {}): object => ({
  Id: 'abc',
  Name: '/vllm_node',
  Config: { Image: 'vllm-node', Labels: null, Env: null },
  State: { Status: 'running', Running: true, ExitCode: 0, StartedAt: '2026-11-24T05:00:00.123456789Z' },
  HostConfig: { AutoRemove: true },
  ...more,
})

test('a look that did not get to its end is no look', () => {
  expect(readFacts(look({ boot: ['b', 0] }).replace('#spark end', ''))).toBeNull()
  expect(readFacts('')).toBeNull()
})

test('memory is read in bytes from /proc/meminfo', () => {
  const facts = readFacts(look({ meminfo: ['MemTotal:       127600748 kB\nMemFree: 1 kB\nMemAvailable:   118500000 kB', 0] }))
  expect(facts).toMatchObject({ memTotalBytes: 127_600_748 * 1024, memAvailableBytes: 118_500_000 * 1024 })
})

test('what a host cannot tell is null and never zero', () => {
  expect(
    readFacts(look({ meminfo: ['', 1], gpu: ['NVIDIA-SMI has failed', 9], apps: ['', 127], listening: ['', 127], state_disk: ['', 1] })),
  ).toMatchObject({
    hostTimeMs: null,
    bootId: null,
    memTotalBytes: null,
    memAvailableBytes: null,
    gpu: null,
    computeApps: null,
    portListening: null,
    stateDirFreeBytes: null,
    stateDir: 'missing',
    fence: null,
    fenceTrouble: null,
    marker: null,
  })
})

test('no process on the GPU is another thing than a GPU that could not be asked', () => {
  expect(readFacts(look({ apps: ['', 0] }))?.computeApps).toEqual([])
})

test('ports are open, closed, or not known; of several, one that is open counts', () => {
  const listening = (text: string): boolean | null | undefined => readFacts(look({ listening: [text, 0] }))?.portListening
  expect(listening('8888 0')).toBe(true)
  expect(listening('8888 1')).toBe(false)
  expect(listening('8888 124')).toBeNull()
  expect(listening('8888 1\n8000 0')).toBe(true)
  expect(listening('8888 1\n8000 124')).toBeNull()
  expect(listening('')).toBeNull()
})

test('a missing fence file is no fence; one that is none is trouble', () => {
  const stored = { cluster_id: 'demo', fence: 7, step: 3, attempt: 1 }
  expect(readFacts(look({ fence: ['', 'missing'] }))).toMatchObject({ fence: null, fenceTrouble: null })
  expect(readFacts(look({ fence: [`${JSON.stringify(stored)}    `, 0] }))).toMatchObject({ fence: stored, fenceTrouble: null })
  expect(readFacts(look({ fence: ['{"cluster_id":"demo"', 0] }))).toMatchObject({
    fence: null,
    fenceTrouble: expect.stringContaining('demo') as string,
  })
  expect(readFacts(look({ fence: ['cat: Permission denied', 1] }))).toMatchObject({ fence: null, fenceTrouble: 'cat: Permission denied' })
})

test('docker that is missing, forbidden, silent or podman says so instead of "no containers"', () => {
  const docker = (text: string, code: number): unknown => readFacts(look({ docker: [text, code] }))?.docker
  expect(docker('timeout: failed to run command: docker', 127)).toEqual({ ok: false, detail: 'timeout: failed to run command: docker' })
  expect(docker('permission denied while trying to connect\nmore', 1)).toEqual({ ok: false, detail: 'permission denied while trying to connect' })
  expect(docker('', 124)).toEqual({ ok: false, detail: 'docker does not answer' })
  expect(docker('[{"Names":["x"]}]', 0)).toMatchObject({ ok: false })
  expect(docker('', 0)).toEqual({ ok: true, detail: '' })
})

test('a container is read from docker inspect, and one that went away meanwhile leaves the others', () => {
  const facts = readFacts(look({ docker: ['{"Names":"vllm_node"}\n{"Names":"gone"}', 0], inspect: [JSON.stringify([container()]), 1] }))
  expect(facts?.docker).toEqual({ ok: true, detail: '' })
  expect(facts?.containers).toEqual([
    {
      name: 'vllm_node',
      id: 'abc',
      image: 'vllm-node',
      running: true,
      status: 'running',
      exitCode: 0,
      startedAt: Date.parse('2026-11-24T05:00:00.123Z'),
      autoRemove: true,
      mark: null,
    },
  ])
})

test('docker inspect that does not answer is trouble, not an empty host', () => {
  expect(readFacts(look({ docker: ['{"Names":"vllm_node"}', 0], inspect: ['', 124] }))?.docker).toMatchObject({ ok: false })
})

test('a container that never started has no start', () => {
  const never = container({ State: { Status: 'created', Running: false, ExitCode: 0, StartedAt: '0001-01-01T00:00:00Z' } })
  expect(readContainers(JSON.stringify([never]))?.[0]).toMatchObject({ startedAt: null, running: false, status: 'created' })
})

test('a container is ours by its labels or by its environment, and only with the whole mark', () => {
  const env = Object.entries(labels).map(([name, value]) => `${name.replace('.', '_').toUpperCase()}=${value}`)
  expect(markOf(labels, [])).toEqual(mark)
  expect(markOf({}, ['PATH=/bin', ...env])).toEqual(mark)
  expect(markOf({ maintainer: 'x' }, ['PATH=/bin'])).toBeNull()
  expect(markOf({ ...labels, 'spark.fence': 'seven' }, [])).toBeNull()
  expect(markOf({}, env.slice(1))).toBeNull()
})

test('GPU figures are read with or without units, and [N/A] is null', () => {
  const gpu = { name: 'NVIDIA GB10', utilizationPercent: 3, temperatureC: 41, powerW: 11.17 }
  expect(readGpu('NVIDIA GB10, 3, 41, 11.17, 208')).toEqual({ ...gpu, smClockMhz: 208 })
  expect(readGpu('NVIDIA GB10, 3, 41, 11.17')).toEqual({ ...gpu, smClockMhz: null })
  expect(readGpu('NVIDIA GB10, 3 %, [N/A], 11.17 W\nNVIDIA GB10, 0, 0, 0')).toMatchObject({
    utilizationPercent: 3,
    temperatureC: null,
    powerW: 11.17,
  })
  expect(readGpu('No devices were found')).toBeNull()
  expect(figure('Not Supported')).toBeNull()
  expect(figure('')).toBeNull()
})

test('a process name with commas does not shift the figures', () => {
  expect(readComputeApps('123, VLLM::EngineCore, 98304\n124, python, -c, 512 MiB\n125, x, [N/A]\n')).toEqual([
    { pid: 123, name: 'VLLM::EngineCore', usedMiB: 98_304 },
    { pid: 124, name: 'python, -c', usedMiB: 512 },
    { pid: 125, name: 'x', usedMiB: null },
  ])
})

test('~/ stands for the home directory of the host', () => {
  expect(onHost('~/spark-vllm-docker', '/home/spark')).toBe('/home/spark/spark-vllm-docker')
  expect(onHost('~', '/home/spark')).toBe('/home/spark')
  expect(onHost('/opt/~/x', '/home/spark')).toBe('/opt/~/x')
})
