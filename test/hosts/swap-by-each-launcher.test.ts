import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import type { Swap } from '../../domain/swap.ts'
import { badEnds, launchesOf, overlaps, staleStarts } from '../faults/invariants.ts'
import { mostEnginesAtOnce } from './host-events.ts'
import { RealCluster } from './real-cluster.ts'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
let cluster: RealCluster
beforeAll(async () => {
  cluster = await RealCluster.start(hosts)
}, 120_000)
afterAll(() => cluster.close())
afterEach(async () => {
  for (const { name } of hosts.facts.hosts) {
    expect(mostEnginesAtOnce(await cluster.record(name))).toBeLessThanOrEqual(1)
    expect([...overlaps(await cluster.engines(name)), ...staleStarts(await cluster.engines(name))]).toEqual([])
  }
})

test.each([
  ['second-spark-vllm-docker', 'spark-test/second'],
  ['second-command', 'spark-test/second'],
  ['first-docker', 'spark-test/first'],
])('a swap to %s takes the place of what served before, is proven, and told as the host serves it', async (model, root) => {
  const swap = await cluster.plane.swap({ model, hosts: ['spark-a'] })
  expect(swap).toMatchObject({ outcome: 'completed', cause: null, left: { 'spark-a': 'target' } })
  expect(badEnds(swap)).toEqual([])
  expect(launchesOf(await cluster.engines('spark-a'), swap.swap_id)).toHaveLength(1)
  expect(await cluster.servedRoot('spark-a')).toBe(root)
  const told = await cluster.plane.host('spark-a', ({ deployment }) => deployment?.swap_id === swap.swap_id && deployment.healthy)
  expect(told.deployment).toMatchObject({ model, base_url: 'http://10.99.1.11:8888', adopted: false })
})

describe('with the other host off', () => {
  let away: Promise<Swap>
  beforeAll(async () => {
    await hosts.off('spark-b')
    away = cluster.plane.swap({ model: 'second-docker', hosts: ['spark-b'] })
  })

  test.each([
    ['oom-spark-vllm-docker', 'out_of_memory', 'torch.OutOfMemoryError: CUDA out of memory.'],
    ['crash-in-warmup-docker', 'engine_exited', ''],
  ])('%s dies here, and the previous model serves again, with the cause from the log', async (model, code, line) => {
    const swap = await cluster.plane.swap({ model, hosts: ['spark-a'] })
    expect(swap).toMatchObject({ outcome: 'restored', left: { 'spark-a': 'previous' }, cause: { code } })
    expect(swap.cause?.line ?? '').toContain(line)
    expect(badEnds(swap)).toEqual([])
    expect(await cluster.servedRoot('spark-a')).toBe('spark-test/first')
    const { deployment } = await cluster.plane.host('spark-a', (host) => host.deployment?.swap_id === swap.swap_id && host.deployment.healthy)
    expect(deployment?.model).toBe('first-docker')
  })

  test('a swap there says that the host does not answer, and works when it is back', async () => {
    expect(await away).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'host_unreachable' } })
    await cluster.plane.host('spark-b', ({ reachable }) => reachable === false)
    await hosts.on('spark-b')
    await cluster.plane.host('spark-b')
    expect(await cluster.plane.swap({ model: 'second-docker', hosts: ['spark-b'] })).toMatchObject({ outcome: 'completed' })
    expect(await Promise.all([cluster.servedRoot('spark-a'), cluster.servedRoot('spark-b')])).toEqual(['spark-test/first', 'spark-test/second'])
  })
})

describe('a model on both hosts', () => {
  const both = ['spark-a', 'spark-b'] as const
  const launches = async (swapId: string) =>
    (await Promise.all(both.map((host) => cluster.engines(host)))).map((engines) => launchesOf(engines, swapId))
  const served = () => Promise.all(both.map((host) => cluster.servedRoot(host)))

  test.each(['pair-docker', 'pair-spark-vllm-docker'])('%s starts one engine on each, and its head serves', async (model) => {
    const swap = await cluster.plane.swap({ model })
    expect(swap, swap.cause?.line ?? '').toMatchObject({ outcome: 'completed', cause: null, left: { 'spark-a': 'target', 'spark-b': 'target' } })
    for (const steps of await launches(swap.swap_id)) expect(steps).toHaveLength(1)
    expect(await served()).toEqual(['spark-test/first', null])
  })

  test('a worker lost while it loads: the head is cleared too, and what was there before serves again on both', async () => {
    for (const host of both) await hosts.setLoadSeconds(host, 20)
    const swapId = await cluster.plane.startSwap({ model: 'pair-docker' })
    await expect.poll(async () => (await launches(swapId)).map((steps) => steps.length), { timeout: 60_000 }).toEqual([1, 1])
    for (const host of both) await hosts.setLoadSeconds(host, 1)
    expect(await hosts.ssh('spark-b', 'docker kill vllm_node')).toMatchObject({ code: 0 })
    const swap = await cluster.plane.ended(swapId)
    expect(swap).toMatchObject({ outcome: 'restored', cause: { code: 'engine_exited' }, left: { 'spark-a': 'previous', 'spark-b': 'previous' } })
    expect((await launches(swapId)).map((steps) => new Set(steps).size)).toEqual([2, 2])
    expect(await served()).toEqual(['spark-test/first', null])
  })
})
