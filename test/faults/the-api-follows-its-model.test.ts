import { afterAll, beforeAll, expect, test } from 'vitest'
import { ModelRuns } from './model-runs.ts'
import { missingCatalog } from './coordination-commands.ts'
import { Seed } from './seed.ts'
import { World } from './world.ts'

const seed = new Seed('the API against its model')
const lanes = 3

let world: World
beforeAll(async () => {
  world = await World.start({ hosts: ModelRuns.hostsOf(lanes), models: missingCatalog, apis: 2 })
}, 120_000)
afterAll(() => world.close())

test('locks, queue and schedules answer as their model says, whatever is asked in whatever order, by either of two API processes', async () => {
  const runs = new ModelRuns(world, lanes)
  await runs.check({ runs: 25, mostCommands: 40, seed: seed.value })
  console.log(`${runs.requests} requests in 25 runs`)
  expect(runs.requests).toBeGreaterThan(250)
}, 400_000)
