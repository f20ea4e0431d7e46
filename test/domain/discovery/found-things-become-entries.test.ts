import { expect, test } from 'vitest'
import { readCatalog } from '../../../domain/catalog.ts'
import { ClusterFile } from '../../../domain/cluster.ts'
import { propose, type Existing } from '../../../domain/discovery/propose.ts'
import type { HostDiscovery } from '../../../domain/discovery/discovery.ts'
import { resolveSettings } from '../../../domain/settings.ts'
import { readServices } from '../../../domain/services/read-services.ts'
import { stringify } from 'yaml'
import { modelWith, spark1 } from '../launchers/sample.ts'
import { answering, discovered, gemmaParts, sparkParts, usualAnswers, vllmAnswers } from './sample.ts'

const nothing: Existing = { cluster: null, models: [], overridden: [], services: [] }
const entryOf = (found: readonly HostDiscovery[], id: string, existing = nothing) => propose(found, existing).entries.find((entry) => entry.id === id)

test('a host comes with what differs from the defaults, and each field says where it came from', () => {
  const host = entryOf([discovered()], 'host:spark-4f2a')!
  expect(host.value).toEqual({
    name: 'spark-4f2a',
    address: '192.168.1.11',
    user: 'spark',
    vllm_port: 8000,
    container: 'vllm-gemma4',
    state_dir: '~/.spark-control',
    fabric_address: '169.254.7.11',
    eth_if: 'enp1s0f1np1',
    ib_if: 'rocep1s0f1,roceP2p1s0f1',
  })
  expect(Object.keys(host.sources)).toEqual(Object.keys(host.value as object))
  expect(host.sources['vllm_port']).toContain('vllm-gemma4')
  expect(host).toMatchObject({ ticked: true, state: 'new' })
})

test('what runs, what is cached whole and recipes become models; only the first two are ticked', () => {
  const { entries } = propose([discovered()], nothing)
  const models = entries.filter(({ file }) => file === 'models-overrides.yaml').map(({ id, ticked }) => [id, ticked])
  expect(models).toEqual([
    ['model:gemma-4-27b', true],
    ['model:qwen3-8b', true],
  ])
  expect(entryOf([discovered()], 'model:gemma-4-27b')?.value).toEqual({
    repo: 'google/gemma-4-27b',
    launcher: 'docker',
    image: 'vllm/vllm-openai:latest',
  })
  const partial = discovered({
    ...sparkParts,
    'architectures /home/spark/.cache/huggingface': '/x/hub/models--zai-org--GLM-4.5-Air-FP8/snapshots/r1/config.json:"Glm4MoeForCausalLM"',
  })
  expect(entryOf([partial], 'model:glm-4.5-air-fp8')).toMatchObject({ ticked: false, note: 'its download is not complete' })
})

test('a model that the catalog has is not proposed again; the running one brings its settings, and that is said', () => {
  const models = [
    { ...modelWith({ repo: 'Qwen/Qwen3-8B' }), key: 'qwen' },
    { ...modelWith({ repo: 'google/gemma-4-27b' }), key: 'gemma' },
  ]
  const { entries } = propose([discovered()], { ...nothing, models })
  expect(entries.filter(({ id }) => id.startsWith('model:')).map(({ id, state }) => [id, state])).toEqual([['model:gemma', 'exists']])
  expect(entryOf([discovered()], 'model:gemma', { ...nothing, models, overridden: ['gemma'] })?.ticked).toBe(false)
})

test('a second engine is watched, and other services by what they are; what is there already is left out', () => {
  const second = JSON.stringify([
    ...(JSON.parse(gemmaParts.inspect) as object[]),
    { ...(JSON.parse(gemmaParts.inspect) as object[])[0], Name: '/embedder', Args: ['serve', 'a/b', '--port', '8001'] },
  ])
  const found = discovered(
    { ...sparkParts, ...gemmaParts, inspect: second, listening: `${String(sparkParts['listening'])}\nLISTEN 0 1 0.0.0.0:8001 0.0.0.0:*` },
    { ...usualAnswers, 8001: vllmAnswers('a/b'), 6333: answering('/', { title: 'qdrant' }) },
  )
  const services = (existing: Existing) =>
    propose([found], existing)
      .entries.filter(({ file }) => file === 'services-overrides.yaml')
      .map(({ id, value, ticked }) => [id, (value as { kind: string }).kind, ticked])
  expect(services(nothing)).toEqual([
    ['service:embedder', 'vllm', true],
    ['service:qdrant', 'qdrant', false],
    ['service:kokoro', 'kokoro', true],
  ])
  expect(services({ ...nothing, services: [{ name: 'voice', host: 'spark-4f2a', port: 8880 }] })).toHaveLength(2)
})

test('a host that is there already keeps its name, and is not ticked', () => {
  const cluster = { clusterId: 'home', hosts: [{ name: 'left', address: '192.168.1.11', port: 22 }] }
  const { entries } = propose([discovered()], { ...nothing, cluster })
  expect(entries[0]).toMatchObject({ id: 'host:left', ticked: false, state: 'exists' })
  expect(entries.some(({ id }) => id === 'cluster_id')).toBe(false)
})

test('two hosts of one name get two', () => {
  const { entries } = propose([discovered(), { ...discovered(), address: '192.168.1.12' }], nothing)
  expect(entries.filter(({ id }) => id.startsWith('host:')).map(({ id }) => id)).toEqual(['host:spark-4f2a', 'host:spark-4f2a-2'])
})

test('all that is proposed makes files that can be read', () => {
  const { entries } = propose([discovered(), { ...discovered(), address: '192.168.1.12' }], nothing)
  const values = (prefix: string) => entries.filter(({ id }) => id.startsWith(prefix)).map(({ value }) => value)
  const cluster = ClusterFile.parse({ cluster_id: 'home', hosts: values('host:') })
  const hosts = cluster.hosts.map(({ name, address }) => ({ ...spark1, name, address }))
  const whole = { clusterId: 'home', demo: false, hosts, defaultPlacement: [hosts[0]!.name], container: 'vllm_node' }
  const models = Object.fromEntries(entries.filter(({ id }) => id.startsWith('model:')).map(({ id, value }) => [id.slice(6), value]))
  expect(
    readCatalog({ file: 'models.yaml', text: 'models: {}' }, { file: 'o', text: stringify({ models }) }, whole, resolveSettings({}, {}).settings),
  ).toMatchObject({ ok: true })
  expect(
    readServices({ base: null, overrides: { file: 's', text: stringify({ services: values('service:') }) }, cluster: whole, disabled: [] }).problems,
  ).toEqual([])
})

test('of five hundred cached models none is ticked, and that is said', () => {
  const names = Array.from({ length: 500 }, (_, i) => `m${i}`)
  const found = discovered({
    ...sparkParts,
    'cache /home/spark/.cache/huggingface': names.map((name) => `f\t7\tmodels--o--${name}/snapshots/r/model.safetensors\t`).join('\n'),
    'architectures /home/spark/.cache/huggingface': names
      .map((name) => `/x/hub/models--o--${name}/snapshots/r/config.json:"LlamaForCausalLM"`)
      .join('\n'),
  })
  const { entries, remarks } = propose([found], nothing)
  const models = entries.filter(({ id }) => id.startsWith('model:'))
  expect(models).toHaveLength(500)
  expect(models.filter(({ ticked }) => ticked)).toEqual([])
  expect(remarks.join()).toContain('500 cached models')
})
