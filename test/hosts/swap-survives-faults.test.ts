import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { badEnds, hitInside, launchesOf, overlaps, staleStarts } from '../faults/invariants.ts'
import { Seed } from '../faults/seed.ts'
import { mostEnginesAtOnce, type HostEvent } from './host-events.ts'
import { RealCluster } from './real-cluster.ts'
import { RealHosts } from './real-hosts.ts'

const seed = new Seed('faults on the real hosts')
const hosts = new RealHosts(inject('realHosts'))
const host = 'spark-a'
const loadSeconds = 6

const count = (record: readonly HostEvent[], event: HostEvent['event']): number => record.filter((line) => line.event === event).length

/** Each breaks something while the engine loads, and mends it again. */
const faults = {
  'the worker is killed': () => killed('worker'),
  'the API is killed': () => killed('api'),
  'Temporal is killed': () => killed('temporal'),
  // A container needs no connection: it is healthy before anyone can see it.
  'SSH is cut': async () => {
    const healthyBefore = count(await cluster.record(host), 'engine_healthy')
    await hosts.cut(host, 'reset')
    await cluster.until(host, (record) => count(record, 'engine_healthy') > healthyBefore)
    await hosts.heal(host)
  },
}

const killed = async (part: 'worker' | 'api' | 'temporal'): Promise<void> => {
  await cluster.plane.kill(part)
  await cluster.plane.startAgain(part)
}

let cluster: RealCluster
beforeAll(async () => {
  cluster = await RealCluster.start(hosts)
  await hosts.setLoadSeconds(host, loadSeconds)
}, 120_000)
afterAll(() => cluster.close())

const names = seed.some(Object.keys(faults) as (keyof typeof faults)[], 3) // the keys of the table above
const cases = names.map((fault, i) => ({ fault, model: `${i % 2 === 0 ? 'first' : 'second'}-${seed.pick(['docker', 'spark-vllm-docker'])}` }))

test.each(cases)('$fault while $model is launched: it serves in the end, by the one engine that was started', async ({ fault, model }) => {
  const before = count(await cluster.record(host), 'engine_start')
  const swapId = await cluster.plane.startSwap({ model, hosts: [host] })
  await cluster.until(host, (record) => count(record, 'engine_start') > before)
  await cluster.plane.inPhase(swapId, 'launch')
  const hitAt = Date.now()
  await faults[fault]()

  const swap = await cluster.plane.ended(swapId)
  expect(hitInside(swap, 'launch', hitAt), 'the fault fell into the launch').toBe(true)
  expect(swap).toMatchObject({ outcome: 'completed', left: { [host]: 'target' } })
  expect(badEnds(swap)).toEqual([])
  const engines = await cluster.engines(host)
  expect(launchesOf(engines, swapId)).toHaveLength(1)
  expect([...overlaps(engines), ...staleStarts(engines)]).toEqual([])
  expect(mostEnginesAtOnce(await cluster.record(host))).toBe(1)
  const { deployment } = await cluster.plane.host(host, (told) => told.deployment?.swap_id === swapId && told.deployment.healthy)
  expect(deployment?.model).toBe(model)
  expect(await cluster.servedRoot(host)).toBe(`spark-test/${model.startsWith('first') ? 'first' : 'second'}`)
})
