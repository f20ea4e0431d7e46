import { describe, expect, test } from 'vitest'
import { nothingBeyond, recognise } from '../../../domain/arbitration/recognised.ts'
import { deploymentOf } from '../../../domain/arbitration/swap-memo.ts'
import type { Deployment } from '../../../domain/deployment.ts'
import type { HostFacts } from '../../../domain/host-facts.ts'
import { queuedSwap } from '../../../domain/swap-record.ts'
import { modelWith } from '../launchers/sample.ts'
import { Bench, deployment, swap } from './commands.ts'

const both = ['spark-1', 'spark-2']
const wide: Deployment = { ...deployment('wide', both), snapshot: modelWith({ key: 'wide' }) }
const told = (bench: Bench) =>
  bench.state.deployments.map(({ model, hosts, validatedAt, snapshot }) => ({ model, hosts, whole: validatedAt !== null && snapshot !== null }))
const whole = [{ model: 'wide', hosts: both, whole: true }]

/** An arbiter that looks at both hosts just now. */
function fresh(): Bench {
  const bench = new Bench(both)
  bench.take({ kind: 'recovered', found: { hosts: both, registeredAttributes: [], swaps: [] } })
  return bench
}

describe('a fresh arbiter finds a model on two hosts', () => {
  test('once, whichever host is looked at first', () => {
    for (const order of [both, both.toReversed()]) {
      const bench = fresh()
      for (const host of order) bench.survey(host, { deployment: wide })
      expect(told(bench)).toEqual(whole)
    }
  })

  test('and believes the one that answers while the other is away', () => {
    const bench = fresh()
    bench.survey('spark-2', { reachable: false, cause: 'no answer', code: 'host_unreachable' })
    bench.survey('spark-1', { deployment: wide })
    expect(told(bench)).toEqual(whole)
  })

  test.each([both, both.toReversed()])('of which %s has the rest: that is known, and that nobody can put it back', (first, second) => {
    const bench = fresh()
    bench.survey(first, { deployment: wide })
    bench.survey(second, { deployment: null })
    expect(told(bench)).toEqual([{ model: 'wide', hosts: [first], whole: false }])
    expect(bench.state.deployments[0]?.whyNot).toContain(second)
  })

  test('of which one host holds another model since: neither hides the other', () => {
    const bench = fresh()
    bench.survey('spark-1', { deployment: deployment('later', ['spark-1']) })
    bench.survey('spark-2', { deployment: wide })
    expect(told(bench).map(({ model, hosts }) => ({ model, hosts }))).toEqual([
      { model: 'later', hosts: ['spark-1'] },
      { model: 'wide', hosts: ['spark-2'] },
    ])
  })
})

test('a swap to one of its hosts has both among its affected hosts, and takes it away from both', () => {
  const bench = Bench.ready(both, [wide])
  bench.ask(swap('swap-0001', ['spark-2']))
  expect(bench.state.active[0]?.go.affectedHosts).toEqual(both)
  bench.take({ kind: 'swap_started', swapId: 'swap-0001' })
  const end = {
    swapId: 'swap-0001',
    outcome: 'completed',
    left: { 'spark-1': 'empty', 'spark-2': 'target' },
    deployments: [deployment('qwen', ['spark-2'])],
  } as const
  bench.take({ kind: 'swap_ended', end })
  expect(bench.state.deployments.map(({ model, hosts }) => ({ model, hosts }))).toEqual([{ model: 'qwen', hosts: ['spark-2'] }])
})

test('what a swap put back on two hosts is found on both, in the order in which it was', () => {
  const record = queuedSwap({ swapId: 'swap-0001', model: 'solo', hosts: ['spark-2'], holder: null, schedule: null, reason: null, acceptedAt: 0 })
  const memo = { swap: { ...record, previous: [{ model: 'wide', hosts: ['spark-2', 'spark-1'] }] }, snapshot: modelWith({ key: 'wide' }) }
  const mark = { cluster: 'home', swap: 'swap-0001', fence: 7, step: 4, attempt: 1, model: 'wide' }
  for (const host of both) expect(deploymentOf(mark, 'vllm_node', host, memo).hosts).toEqual(['spark-2', 'spark-1'])
})

describe('a survey', () => {
  const container = {
    name: 'vllm-gemma4',
    id: 'c',
    image: 'i',
    running: true,
    status: 'running',
    exitCode: 0,
    startedAt: 1,
    autoRemove: true,
    mark: null,
  }
  const seen = (portListening: boolean): Pick<HostFacts, 'containers' | 'portListening' | 'computeApps'> => ({
    containers: [container],
    portListening,
    computeApps: [],
  })
  const where = { clusterId: 'home', host: { name: 'spark-2', vllmPort: 8888 }, container: 'vllm_node' }
  const adopted = {
    container: 'vllm-gemma4',
    port: 8888,
    servedName: 'gemma',
    weights: 'g/g',
    hosts: ['spark-2'],
    snapshot: modelWith({ key: 'gemma' }),
    why: null,
    notes: [],
  }
  const found = (change: object, listening = true) =>
    recognise(seen(listening), where, null, { ...nothingBeyond, adoptable: [{ ...adopted, ...change }] }).deployment

  test('adopts what serves on the host’s port under whatever name, with all that starts it again', () => {
    expect(found({})).toMatchObject({ model: 'gemma', hosts: ['spark-2'], adopted: true, container: 'vllm-gemma4', snapshot: { key: 'gemma' } })
    expect(found({ snapshot: null, why: 'it has a secret' })).toMatchObject({ model: 'gemma', snapshot: null, whyNot: 'it has a secret' })
  })

  test('leaves what serves on another port to whoever watches it', () => {
    expect(found({ port: 8000 })).toBeNull()
    expect(found({}, false)).toBeNull()
  })

  test('adopts a part of a model whose head is the other host, though nothing listens here', () => {
    expect(found({ hosts: both }, false)).toMatchObject({ hosts: both })
  })

  test('knows a model without a container by the step marker and its own status', () => {
    const mark = { cluster: 'home', swap: 'swap-0001', fence: 7, step: 2, attempt: 1, model: 'own' }
    const { deployment: own } = recognise(seen(true), where, null, { ...nothingBeyond, byCommand: mark })
    expect(own).toMatchObject({ model: 'own', swapId: 'swap-0001', container: null, adopted: false })
  })
})
