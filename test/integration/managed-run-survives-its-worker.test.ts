import { afterAll, beforeAll, expect, test } from 'vitest'
import { ManagedStage } from './managed-stage.ts'

let managed: ManagedStage
beforeAll(async () => {
  managed = await ManagedStage.start({ worker: false, load_s: 12, settings: { launch_s: 80, launch_stall_s: 60 } })
})
afterAll(() => managed.close())

test('a worker killed in the middle of a managed swap: the next one goes on with the same run and the same swap', async () => {
  const { stage } = managed
  const first = stage.spawnWorker()
  await stage.surveyed()
  await managed.schedule('night-model', { type: 'swap', model: 'gemma-3-27b' })
  await managed.post('/api/schedule/night-model/run')
  await expect.poll(() => stage.events('spark-1', 'engine_start').length, { timeout: 60_000 }).toBe(1)
  await first.kill()

  const second = stage.spawnWorker()
  const run = await managed.ended('night-model', 1)
  expect(run).toMatchObject({ state: 'ok', via: 'by_hand', detail: expect.stringMatching(/^completed/) })
  expect((await managed.read('night-model')).runs).toEqual([run])
  expect((await managed.api.ask(`/api/swap/${run.swap_id ?? ''}`)).json).toMatchObject({ outcome: 'completed', schedule: 'night-model' })
  expect(stage.events('spark-1', 'engine_start')).toHaveLength(1)
  await second.kill()
}, 150_000)
