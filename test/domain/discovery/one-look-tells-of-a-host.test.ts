import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { discoverHost } from '../../../domain/discovery/discover-host.ts'
import { HostDiscovery } from '../../../domain/discovery/discovery.ts'
import { readHost } from '../../../domain/discovery/host-reading.ts'
import { discoveryCommand, discoveryLimit_s } from '../../../domain/discovery/script.ts'
import { answering, discovered, gemmaParts, now, printed, sparkParts } from './sample.ts'

test('a Spark tells its machine, its launcher, its recipes, its cache, its engine and its services', () => {
  const found = discovered()
  expect(HostDiscovery.parse(found)).toEqual(found)
  expect(found).toMatchObject({
    hostname: 'spark-4f2a',
    gpu: { name: 'NVIDIA GB10', driver: '580.95.05' },
    memory_bytes: 127600748 * 1024,
    system: 'NVIDIA DGX Spark, DGX OS 7.3.1, Ubuntu 24.04.3 LTS',
    clock_ahead_s: 0,
    docker: { ok: true },
    launcher: { dir: '/home/spark/spark-vllm-docker', ray: 'asked', trouble: null, recipe_flags: expect.arrayContaining(['--solo']) },
    recipes: [{ file: 'glm-4.7.yaml', name: 'GLM-4.7', model: 'zai-org/GLM-4.7-FP8', image: 'vllm-node', hosts: 'several' }],
    images: ['vllm-node:latest', 'vllm/vllm-openai:latest'],
    fabric: { address: '169.254.7.11', eth_if: 'enp1s0f1np1', ib_if: 'rocep1s0f1,roceP2p1s0f1' },
    remarks: [],
  })
  expect(found.caches[0]?.models.map(({ repo, bytes, state }) => [repo, bytes, state])).toEqual([
    ['BAAI/bge-m3', 30, 'complete'],
    ['Qwen/Qwen3-8B', 4700, 'complete'],
    ['zai-org/GLM-4.5-Air-FP8', 100, 'partial'],
  ])
  expect(found.engines).toMatchObject([{ container: 'vllm-gemma4', port: 8000, served_name: 'google/gemma-4-27b', answers: true, why: null }])
  expect(found.services).toMatchObject([{ kind: 'kokoro', port: 8880, container: null }])
  expect(JSON.stringify(found)).not.toContain('topsecret')
})

test('the second Spark is found from the cluster configuration, once, at its address on our network', () => {
  expect(discovered().peers).toEqual([
    {
      address: '192.168.1.12',
      fabric_address: '169.254.7.12',
      hostname: 'spark-91bc',
      user: 'spark',
      because: 'CLUSTER_NODES in the .env of spark-vllm-docker',
    },
  ])
})

test('without a cluster configuration a neighbour on the fast link is offered, others are not', () => {
  const { peers } = discovered({ ...sparkParts, launcher_env: '' })
  expect(peers).toMatchObject([{ address: '192.168.1.12', because: 'a neighbour on the fast link enp1s0f1np1' }])
})

test.each([
  ['no GPU', { gpu: ['', 127] as const }, 'no Spark'],
  ['nvidia-smi that hangs', { gpu: ['', 124] as const }, 'nvidia-smi did not answer in time'],
  ['no docker', { docker: ['timeout: failed to run command: docker: not found', 127] as const }, 'Docker cannot be used'],
  [
    'docker without permission',
    { docker: ['permission denied while trying to connect to the Docker daemon socket', 1] as const },
    'usermod -aG docker spark',
  ],
  ['a clock a day off', { time: String(now + 86_400_000) }, 'Its clock is 24 hours ahead'],
  ['a fence of some cluster', { fence: '{"cluster_id":"demo","fence":7,"step":1,"attempt":1}' }, 'belongs to the cluster demo'],
  ['a help text never seen', { launcher_help: ['launcher v9: see the manual', 0] as const }, 'not understood'],
  ['a launcher of January', { launcher_help: ['Usage: launch-cluster.sh [-n nodes] [-t image] [-d] [action]', 1] as const }, 'too old'],
])('%s is said in plain words, and all else is told all the same', (_what, change, words) => {
  const found = discovered({ ...sparkParts, ...gemmaParts, ...change })
  expect(found.remarks.join('\n')).toContain(words)
  expect(found.caches).toHaveLength(1)
})

test('a bare host has nothing, and says what is missing', () => {
  const found = discovered({ time: String(now), home: '/home/me', docker: ['docker: not found', 127], gpu: ['', 127] }, {})
  expect(found).toMatchObject({ launcher: null, engines: [], services: [], peers: [], caches: [], gpu: null, docker: { ok: false } })
  expect(found.remarks.length).toBeGreaterThanOrEqual(4)
})

test('a look that was cut off tells what it has', () => {
  const reading = readHost(printed({ home: '/home/spark', gpu: 'NVIDIA GB10, 580.95.05' }, '\n#spark docker\n'))
  const found = discoverHost(reading, new Map(), { address: 'a', port: 22, user: 'spark', nowMs: now })
  expect(found.gpu?.name).toBe('NVIDIA GB10')
  expect(found.remarks[0]).toContain('did not come to its end')
})

test('a service on the loopback of its host is told, and that nobody else can ask it', () => {
  const found = discovered(undefined, { 6333: answering('/', { title: 'qdrant - vector search engine', version: '1.19.0' }) })
  expect(found.services).toMatchObject([{ kind: 'qdrant', port: 6333, loopback_only: true }])
  expect(found.remarks.join()).toContain('loopback')
})

test('five hundred cached models are all told', () => {
  const files = Array.from({ length: 500 }, (_, i) => `f\t7\tmodels--o--m${i}/snapshots/r/model.safetensors\t`).join('\n')
  const [cache] = discovered({ ...sparkParts, 'cache /home/spark/.cache/huggingface': files }).caches
  expect(cache?.models).toHaveLength(500)
  expect(cache?.models.every(({ state }) => state === 'complete')).toBe(true)
})

test('whatever a host prints, a discovery ends with an answer of its shape', () => {
  const names = Object.keys({ ...sparkParts, ...gemmaParts })
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.oneof(fc.string(), fc.json()), (name, text) => {
      HostDiscovery.parse(discovered({ ...sparkParts, ...gemmaParts, [name]: text.replaceAll('#spark', '') }))
    }),
  )
  fc.assert(
    fc.property(
      fc.string(),
      (text) => void HostDiscovery.parse(discoverHost(readHost(text), new Map(), { address: 'a', port: 22, user: 'u', nowMs: now })),
    ),
  )
})

test('the look runs by a plain POSIX shell, ends in time, and comes to its end', () => {
  const out = execFileSync('/bin/sh', ['-c', discoveryCommand()], { encoding: 'utf8', timeout: (discoveryLimit_s + 5) * 1000 })
  expect(out.trimEnd().endsWith('#spark end')).toBe(true)
  expect(readHost(out).home).not.toBe('')
})
