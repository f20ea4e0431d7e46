import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { badEnds, launchesOf, overlaps, staleStarts } from './invariants.ts'
import { KillRounds } from './kill-rounds.ts'
import { judge } from './lock-judge.ts'
import { fieldOf, LockStorm } from './lock-storm.ts'
import { faultNames, killNames, strike } from './nemesis.ts'
import { sceneModels } from './scenes.ts'
import { Seed } from './seed.ts'
import { workFaults, workOn } from './work-site.ts'
import { World } from './world.ts'

const seed = new Seed('the lock while parts fail')
const hosts = ['spark-1', 'spark-2', 'spark-3', 'spark-4']
const everyMs = 5_000

let world: World
beforeAll(async () => {
  world = await World.start({ hosts, models: sceneModels, apis: 2, cuttable: true })
}, 180_000)
afterAll(() => world.close())

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
    expect(judge(storm.history.operations).faults).toEqual([])
    expect(storm.wrong).toEqual([])
    expect(storm.grants).toBeGreaterThan(faults.length)
    for (const host of hosts) {
      const engines = world.engines(host)
      expect([...overlaps(engines), ...staleStarts(engines), ...workFaults(workOn(world.host(host)))], host).toEqual([])
      for (const id of storm.swapIds) expect(new Set(launchesOf(engines, id)).size).toBe(launchesOf(engines, id).length)
    }
    expect((await Promise.all(storm.swapIds.map((id) => world.plane.ended(id)))).flatMap(badEnds)).toEqual([])
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
