import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contendInRounds } from '../../bench/contention.ts'
import { httpCaller } from '../../bench/lock-caller.ts'
import { KillRounds } from './kill-rounds.ts'
import { fieldOf, LockStorm } from './lock-storm.ts'
import { LongHistory } from './long-history.ts'
import { faultNames, killNames, strike } from './nemesis.ts'
import { sceneModels } from './scenes.ts'
import { Seed } from './seed.ts'
import { stormFaults } from './storm-faults.ts'
import { World } from './world.ts'

const seed = new Seed('the lock while parts fail')
const hosts = ['spark-1', 'spark-2', 'spark-3', 'spark-4']
const everyMs = 5_000

let world: World
beforeAll(async () => {
  world = await World.start({ hosts, models: sceneModels, apis: 2, cuttable: true })
}, 180_000)
afterAll(() => world.close())

test('fifty want all hosts at once, two hundred times, by two API processes: one gets them each time, the others are told so, and nobody meets an error', async () => {
  const ports = world.plane.urls.map((url) => Number(new URL(url).port))
  const callers = await Promise.all(Array.from({ length: 50 }, (_, i) => httpCaller(ports[i % ports.length]!, `caller-${i + 1}`)))
  try {
    expect(await contendInRounds(callers, 200)).toMatchObject({ grants: 200, wrongRounds: 0, failures: [] })
  } finally {
    for (const caller of callers) caller.close()
  }
}, 180_000)

test('sixteen want four hosts while a part fails every five seconds: one holder at a time, growing fences, no late effect on a host', async () => {
  const { field, leave } = await fieldOf(world)
  const storm = new LockStorm(field, seed.apart())
  const faults = seed.some(faultNames, 6)
  try {
    await storm.rage(16, async () => {
      for (const fault of faults) {
        const next = pause(everyMs)
        await strike(world.plane, fault)
        await next
      }
    })
    console.log(`${faults.join(', ')}: ${storm.summary()}`)
    expect(await stormFaults(world, storm, new LongHistory())).toEqual([])
    expect(storm.grants).toBeGreaterThan(faults.length)
  } finally {
    await leave()
  }
}, 180_000)

test('parts are killed while a dozen contend: what each of them was told is what one right lock could have told', async () => {
  const rounds = await KillRounds.besides(world.plane.temporalAddress, seed.apart())
  const arbiter = rounds.arbiter(world.clusterId)
  try {
    for (const fault of [...seed.some(killNames, 3), ...seed.some(killNames, 3)]) {
      const round = await rounds.round({ urls: world.plane.urls, hosts, arbiter, kill: () => strike(world.plane, fault) })
      expect(round.faults, fault).toEqual([])
      console.log(`${fault}: ${round.operations} operations, ${round.grants} grants, the next one after ${round.silence_ms.toFixed(0)} ms`)
    }
    expect(rounds.wrong).toEqual([])
  } finally {
    await rounds.close()
  }
}, 240_000)
