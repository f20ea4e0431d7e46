import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createStaleLockActivities } from '../../activities/managed/stale-lock.ts'
import { ManagedStage } from './managed-stage.ts'

let managed: ManagedStage
beforeAll(async () => {
  managed = await ManagedStage.start({ hosts: ['spark-1', 'spark-2'] })
})
afterAll(() => managed.close())
afterEach(() => expect(managed.api.undeclared).toEqual([]))

const onHost = async (command: string): Promise<string> => {
  const exit = await managed.stage.ssh.look('spark-1', ['sh', '-c', command])
  if (exit.kind !== 'exited') throw new Error(exit.reason)
  return exit.stdout.trim()
}
const startedAt = (name: string): Promise<string> => onHost(`docker inspect --format '{{.State.StartedAt}}' ${name}`)

test('warm: nothing to do where no model is', async () => {
  await managed.schedule('warm', { type: 'warm' })
  expect(await managed.run('warm')).toMatchObject({ state: 'skipped', detail: 'no model is there' })
})

test('warm: each model gives a real completion', async () => {
  await managed.stage.swap('gemma-3-27b')
  expect(await managed.run('warm')).toMatchObject({ state: 'ok', detail: expect.stringMatching(/google\/gemma-3-27b-it gave \d+ tokens/) })
  await managed.keepHistory('warm', 'warm')
})

test('a service is restarted under a claim, with a fence, and proven to run', async () => {
  await onHost('docker run -d --name whisper vllm-node sleep infinity')
  const before = await startedAt('whisper')
  const { fence } = await managed.stage.state()
  await managed.schedule('restart', { type: 'restart_service', host: 'spark-1', container: 'whisper' })
  expect(await managed.run('restart')).toMatchObject({ state: 'ok', detail: 'whisper runs again on spark-1' })
  expect(await startedAt('whisper')).not.toBe(before)
  expect(await managed.stage.state()).toMatchObject({ claims: [], fence: fence + 1 })
  expect((await managed.stage.ssh.marker('spark-1')).fence).toMatchObject({ fence: fence + 1, step: 1 })
  await managed.keepHistory('restart', 'restart')
})

test.each([
  ['a model', 'vllm_node', /is a model's container/],
  ['what is not there', 'nobody', /there is no container nobody/],
])('%s is never restarted as a service', async (_what, container, words) => {
  const { fence } = await managed.stage.state()
  await managed.schedule(`not-${container}`, { type: 'restart_service', host: 'spark-1', container })
  expect(await managed.run(`not-${container}`)).toMatchObject({ state: 'failed', detail: expect.stringMatching(words) })
  expect((await managed.stage.state()).fence).toBe(fence)
})

test('a service that does not come up again fails its run', async () => {
  await onHost('docker run -d --name brief vllm-node sleep 0.1')
  await managed.schedule('brief', { type: 'restart_service', host: 'spark-1', container: 'brief' })
  expect(await managed.run('brief')).toMatchObject({ state: 'failed', detail: expect.stringMatching(/does not run: it is exited/) })
  await managed.stage.until((view) => view.claims.length === 0)
})

test('a reservation keeps a service from being restarted, where the schedule skips', async () => {
  const tokenHash = createHash('sha256').update('another token').digest('hex')
  await managed.stage.ask({ type: 'acquire', tokenHash, holder: 'Ada', purpose: null, ttlS: 600, hosts: ['spark-1'] })
  const before = await startedAt('whisper')
  await managed.schedule('restart', { type: 'restart_service', host: 'spark-1', container: 'whisper' }, { when_refused: 'skip' })
  expect(await managed.run('restart')).toMatchObject({ state: 'skipped', detail: expect.stringMatching(/^reserved: Ada/) })
  expect(await startedAt('whisper')).toBe(before)
  await managed.stage.ask({ type: 'release', tokenHash })
})

test('a sweep is ok where all is well, and says what is wrong', async () => {
  await managed.schedule('sweep', { type: 'health_sweep' })
  expect(await managed.run('sweep')).toMatchObject({ state: 'ok', detail: 'spark-1, spark-2: all well' })
  await onHost('docker stop --time 1 vllm_node')
  expect(await managed.run('sweep')).toMatchObject({ state: 'failed', detail: 'spark-1: gemma-3-27b is not healthy' })
  await managed.keepHistory('sweep', 'failed')
})

test('a reservation that is not held for too long stays', async () => {
  const tokenHash = createHash('sha256').update('a fresh token').digest('hex')
  await managed.stage.ask({ type: 'acquire', tokenHash, holder: 'Ada', purpose: null, ttlS: 600, hosts: ['spark-2'] })
  await managed.schedule('stale', { type: 'release_stale_lock', held_longer_than_s: 60 })
  expect(await managed.run('stale')).toMatchObject({ state: 'skipped', detail: 'no reservation is held for longer than 60 s' })
  expect((await managed.stage.state()).reservations).toHaveLength(1)
  await managed.stage.ask({ type: 'release', tokenHash })
})

test('a reservation that somebody forgot is released, with the schedule as the reason', async () => {
  const { stage } = managed
  const tokenHash = createHash('sha256').update('a forgotten token').digest('hex')
  await stage.ask({ type: 'acquire', tokenHash, holder: 'a forgetful cron', purpose: null, ttlS: 600, hosts: ['spark-2'] })
  const activities = createStaleLockActivities(stage)
  // With a shorter time than the API takes: nobody wants to wait a minute here.
  const request = { clusterId: stage.clusterId, scheduleId: 'stale', heldLongerThanS: 0.2, hosts: null }
  await expect
    .poll(() => activities.releaseStaleLocks(request))
    .toMatchObject({ state: 'ok', detail: expect.stringMatching(/^released: a forgetful cron held spark-2/) })
  expect((await stage.state()).reservations).toEqual([])
  expect((await stage.audit()).find((event) => event.type === 'lock_forced')).toMatchObject({
    actor: { name: 'schedule stale', address: null },
    reason: 'schedule stale: held longer than 0.2 s',
  })
})
