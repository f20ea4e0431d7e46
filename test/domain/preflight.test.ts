import { expect, test } from 'vitest'
import type { ClearingGoal } from '../../domain/clearing.ts'
import { causeOf } from '../../domain/errors.ts'
import type { HostContainer, HostFacts } from '../../domain/host-facts.ts'
import { GiB } from '../../domain/memory.ts'
import { firstTrouble, targetChecks, type TargetLook, type TargetPlan } from '../../domain/preflight.ts'
import { Knobs } from '../../domain/model.ts'
import { modelWith } from './launchers/sample.ts'

const mark = { cluster: 'home', swap: 'old', fence: 6, step: 2, attempt: 1, model: 'old' }
const container: HostContainer = {
  name: 'vllm_node',
  id: 'c',
  image: 'vllm-node',
  running: true,
  status: 'running',
  exitCode: 0,
  startedAt: 1,
  autoRemove: true,
  mark,
}
const facts: HostFacts = {
  ...{ hostTimeMs: 1, bootId: 'b', home: '/home/spark', memTotalBytes: 121 * GiB, memAvailableBytes: 113 * GiB, gpu: null, computeApps: [] },
  ...{ docker: { ok: true, detail: '' }, containers: [], fence: null, fenceTrouble: null, marker: null, stateDir: 'writable' },
  ...{ stateDirFreeBytes: 50 * GiB, hfCacheFreeBytes: 500 * GiB, portListening: false },
}
const goal: ClearingGoal = { clusterId: 'home', containers: ['vllm_node'], allOfOurs: true, portFree: true, memory: null }
const plan: TargetPlan = {
  model: modelWith({ knobs: Knobs.parse({ gpu_memory_utilization: 0.7 }) }),
  goal,
  displaced: [],
  memoryFloorGib: 8,
  fence: 7,
}

const look = (change: Partial<HostFacts> = {}, more: Partial<TargetLook> = {}): TargetLook => ({
  ...{ host: 'spark-1', trouble: null, facts: { ...facts, ...change }, launcherTrouble: null, imageThere: true },
  ...{ weights: { path: '/w', state: 'there' }, enginePids: [], ...more },
})
const failed = (seen: TargetLook, what: Partial<TargetPlan> = {}): string[] =>
  targetChecks(seen, { ...plan, ...what })
    .filter((check) => !check.ok)
    .map((check) => `${check.check}: ${String(check.cause?.code)}`)

test('on a host where all is well every check passes, each by its name', () => {
  const checks = targetChecks(look(), plan)
  expect(checks.map((check) => check.check)).toEqual([
    'reach',
    'fence',
    'docker',
    'container',
    'port',
    'launcher',
    'image',
    'weights',
    'disk',
    'memory',
  ])
  expect(firstTrouble(checks)).toBeNull()
})

test('a host that does not answer hides all other checks, one without docker most of them', () => {
  expect(failed({ ...look(), facts: null, trouble: causeOf('host_key_changed') })).toEqual(['reach: host_key_changed'])
  expect(failed(look({ docker: { ok: false, detail: 'not found' } }))).toEqual(['docker: docker_missing'])
})

test.each<[string, TargetLook, string]>([
  ['a fence of another cluster', look({ fence: { cluster_id: 'other', fence: 1, step: 0, attempt: 0 } }), 'fence: foreign_cluster'],
  ['a higher fence', look({ fence: { cluster_id: 'home', fence: 8, step: 0, attempt: 0 } }), 'fence: stale_fence'],
  ['no state directory', look({ stateDir: 'missing' }), 'fence: fence_unwritable'],
  ['a fence file that is none', look({ fenceTrouble: 'nonsense' }), 'fence: fence_unwritable'],
  ['a stranger by that name', look({ containers: [{ ...container, mark: null }] }), 'container: container_name_taken'],
  ['a stranger on the port', look({ portListening: true }), 'port: port_taken'],
  ['a launcher that is too old', look({}, { launcherTrouble: causeOf('launcher_missing') }), 'launcher: launcher_missing'],
  ['no image', look({}, { imageThere: false }), 'image: image_missing'],
  ['no weights', look({}, { weights: { path: '/w', state: 'missing' } }), 'weights: weights_missing'],
  ['half the weights', look({}, { weights: { path: '/w', state: 'incomplete' } }), 'weights: weights_missing'],
  ['a full disk', look({ hfCacheFreeBytes: 1 }), 'disk: disk_full'],
  ['too little memory', look({ memAvailableBytes: 40 * GiB }), 'memory: memory_short'],
])('%s fails its check', (_, seen, check) => {
  expect(failed(seen)).toEqual([check])
})

test("what the stop will end is in nobody's way: its name, its port, and the memory that it gives back", () => {
  const running = look(
    {
      containers: [container],
      portListening: true,
      memAvailableBytes: 28 * GiB,
      computeApps: [{ pid: 7, name: 'VLLM::EngineCore', usedMiB: 85 * 1024 }],
    },
    { enginePids: [7] },
  )
  expect(failed(running)).toEqual([])
  expect(failed({ ...running, enginePids: [8] })).toEqual([])
})

test('memory that will not be enough even after the stop is refused before anything is touched', () => {
  const running = look(
    {
      containers: [container],
      portListening: true,
      memAvailableBytes: 28 * GiB,
      computeApps: [{ pid: 7, name: 'VLLM::EngineCore', usedMiB: 40 * 1024 }],
    },
    { enginePids: [7] },
  )
  expect(failed(running)).toEqual(['memory: memory_short'])
})

test('an adopted deployment that the arbiter knows may be replaced', () => {
  const adopted = {
    model: null,
    hosts: ['spark-1'],
    swapId: null,
    fence: 0,
    validatedAt: null,
    adopted: true,
    container: 'vllm_node',
    snapshot: null,
  }
  expect(failed(look({ containers: [{ ...container, mark: null }], portListening: true }), { displaced: [adopted] })).toEqual([])
})

test('an unload needs no launcher, no weights and no memory', () => {
  const checks = targetChecks(look({ memAvailableBytes: 0 }, { imageThere: false }), { ...plan, model: null })
  expect(checks.map((check) => check.check)).toEqual(['reach', 'fence', 'docker', 'container', 'port'])
  expect(firstTrouble(checks)).toBeNull()
})

const tooLong = {
  architectures: ['LlamaForCausalLM'],
  ...{ num_hidden_layers: 80, num_attention_heads: 64, num_key_value_heads: 8, hidden_size: 8192, max_position_embeddings: 1_048_576 },
  torch_dtype: 'bfloat16',
}
const heavy = {
  weights: { path: '/w', state: 'there', loaded: { kind: 'safetensors', files: 1, bytes: 30 * GiB }, config: JSON.stringify(tooLong) },
} as const

test('a model that will not fit by its estimate is refused with the sum, and tried all the same where that was asked', () => {
  expect(failed(look({}, heavy))).toEqual(['memory: memory_estimate'])
  const memory = (ignoreEstimate: boolean) => targetChecks(look({}, heavy), { ...plan, ignoreEstimate }).find(({ check }) => check === 'memory')
  expect(memory(false)?.cause?.message).toMatch(/30\.0 GiB weights \+ 320\.0 GiB KV for 1024k tokens .* allows it$/)
  expect(memory(true)).toMatchObject({ ok: true, detail: expect.stringMatching(/tried all the same, as asked$/) })
})
