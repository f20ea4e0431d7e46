import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { servedOn } from '../integration/engine-client.ts'
import { badEnds, hitInside, launchesOf, overlaps, staleStarts } from './invariants.ts'
import { launchers, sceneModels } from './scenes.ts'
import { Seed } from './seed.ts'
import { World } from './world.ts'

const seed = new Seed('hosts that vanish')
const hosts = ['spark-1', 'spark-2'] as const

let world: World
beforeAll(async () => {
  world = await World.start({ hosts, models: sceneModels })
}, 120_000)
afterAll(() => world.close())

const starts = (host: string): number => world.engines(host).filter(({ kind }) => kind === 'start').length

test('SSH that is cut again and again while a model is launched costs nothing but the looks', async () => {
  const spark = world.host('spark-1')
  spark.behave({ load_s: 6 })
  const before = starts('spark-1')
  const swapId = await world.plane.startSwap({ model: `old-${seed.pick(launchers)}`, hosts: ['spark-1'] })
  while (starts('spark-1') === before) await pause(25)
  await world.plane.inPhase(swapId, 'launch')
  const cutAt = Date.now()
  const isHealthy = (): boolean => world.engines('spark-1').filter(({ kind }) => kind === 'healthy').length > before
  for (let looks = logins(); !isHealthy(); looks = logins()) {
    spark.cutConnections()
    while (logins() === looks && !isHealthy()) await pause(10) // until it has come back and asked for something
  }

  const swap = await world.plane.ended(swapId)
  expect(hitInside(swap, 'launch', cutAt)).toBe(true)
  expect(swap).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target' } })
  expect(badEnds(swap)).toEqual([])
  expect(launchesOf(world.engines('spark-1'), swapId)).toHaveLength(1)
  expect([...overlaps(world.engines('spark-1')), ...staleStarts(world.engines('spark-1'))]).toEqual([])
  const { deployment } = await world.plane.host('spark-1', (told) => told.deployment?.swap_id === swapId && told.deployment.healthy)
  expect((await servedOn(spark.vllmPort))?.id).toBe(deployment?.served_id)
})

const logins = (): number => world.record('spark-1').filter(({ event }) => event === 'ssh_exec').length

test('with one host off, the other swaps; a swap on the one that is off says so and touches nothing', async () => {
  const [off = '', on = ''] = seed.some(hosts, 2)
  await world.host(off).powerOff()
  const [there, away] = await Promise.all([
    world.plane.swap({ model: `new-${seed.pick(launchers)}`, hosts: [on] }),
    world.plane.swap({ model: 'new-docker', hosts: [off] }),
  ])
  expect(there).toMatchObject({ outcome: 'completed', left: { [on]: 'target' } })
  expect(away).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'host_unreachable' } })
  expect(launchesOf(world.engines(off), away.swap_id)).toEqual([])
  expect([there, away].flatMap(badEnds)).toEqual([])
  await world.host(off).powerOn()
  await world.plane.host(off)
})

test('a host that reboots while its model loads: the swap ends in time, and says what the host holds', async () => {
  const spark = world.host('spark-2')
  // something to put back, whichever host the seed switched off before
  expect(await world.plane.swap({ model: 'old-docker', hosts: ['spark-2'] })).toMatchObject({ outcome: 'completed' })
  spark.behave({ load_s: 5 })
  const before = starts('spark-2')
  const swapId = await world.plane.startSwap({ model: 'slow-warm-docker', hosts: ['spark-2'] })
  while (starts('spark-2') === before) await pause(25)
  await world.plane.inPhase(swapId, 'launch')
  const rebootAt = Date.now()
  await spark.powerOff()
  await spark.powerOn()

  const swap = await world.plane.ended(swapId)
  expect(hitInside(swap, 'launch', rebootAt)).toBe(true)
  expect(badEnds(swap)).toEqual([])
  expect(swap.outcome).toBe('restored')
  expect([...overlaps(world.engines('spark-2')), ...staleStarts(world.engines('spark-2'))]).toEqual([])
  const { deployment } = await world.plane.host('spark-2', (told) => told.deployment?.swap_id === swapId && told.deployment.healthy)
  expect((await servedOn(spark.vllmPort))?.id).toBe(deployment?.served_id)
})
