import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { temporalScheduleId } from '../../domain/scheduling/schedule.ts'
import { ManagedStage } from './managed-stage.ts'

let managed: ManagedStage
beforeAll(async () => {
  managed = await ManagedStage.start({ hosts: ['spark-1', 'spark-2'] })
})
afterAll(() => managed.close())
afterEach(() => expect(managed.api.undeclared).toEqual([]))

const swapTo = (model: string | null, more: object = {}): object => ({ type: 'swap', model, hosts: ['spark-1'], ...more })
const tokenHash = createHash('sha256').update('a token').digest('hex')
const reserve = (ttlS = 600) =>
  managed.stage.ask({ type: 'acquire', tokenHash, holder: 'Ada', purpose: 'a night of training', ttlS, hosts: ['spark-1'] })
const release = () => managed.stage.ask({ type: 'release', tokenHash })

test('Temporal itself fires it: the swap is a swap like any other, and the run tells how it came out', async () => {
  const { next_runs } = await managed.schedule('by-itself', swapTo('gemma-3-27b'), { every: '10s' })
  expect(next_runs).toHaveLength(5)
  const run = await managed.ended('by-itself', 1)
  expect((await managed.post('/api/schedule/by-itself/pause')).json).toMatchObject({ paused: true })
  expect(run).toMatchObject({ state: 'ok', via: 'fired', detail: expect.stringMatching(/^completed: spark-1 serves gemma-3-27b/) })
  expect(Date.parse(run.due_at ?? '') % 1000).toBe(0)
  const swap = await managed.api.ask(`/api/swap/${run.swap_id ?? ''}`)
  expect(swap.json).toMatchObject({ outcome: 'completed', holder: 'schedule by-itself', schedule: 'by-itself' })
  expect(await managed.stage.serves('spark-1')).toMatchObject({ id: 'google/gemma-3-27b-it' })
  await managed.keepHistory('by-itself', 'swap')
})

test('run now: what serves already is ok without a swap', async () => {
  await managed.schedule('again', swapTo('gemma-3-27b'))
  expect(await managed.run('again')).toMatchObject({
    state: 'ok',
    via: 'by_hand',
    due_at: null,
    swap_id: null,
    detail: expect.stringContaining('serves already'),
  })
})

test('a swap that fails makes its run fail, with outcome and cause', async () => {
  await managed.schedule('broken', swapTo('glm-4.5-air-fp8'))
  const run = await managed.run('broken')
  expect(run).toMatchObject({
    state: 'failed',
    swap_id: expect.stringMatching(/^run-/),
    detail: expect.stringMatching(/^preflight_failed, weights_missing: /),
  })
})

test('refused by a reservation with skip: the run is skipped, and says who holds it', async () => {
  await reserve()
  await managed.schedule('skips', swapTo(null), { when_refused: 'skip' })
  expect(await managed.run('skips')).toMatchObject({ state: 'skipped', swap_id: null, detail: expect.stringMatching(/^reserved: Ada/) })
  await managed.keepHistory('skips', 'skipped')
  await release()
})

test('refused by a reservation with wait: it runs after the release', async () => {
  await reserve()
  await managed.schedule('waits', swapTo('mistral-small-3.2'), { when_refused: 'wait', wait_s: 60 })
  await managed.post('/api/schedule/waits/run')
  await managed.until('waits', (view) => view.state === 'running')
  const workflowId = await managed.workflowOf('waits')
  await expect
    .poll(async () =>
      (await managed.stage.client.workflow.getHandle(workflowId).fetchHistory()).events?.some((one) => one.timerStartedEventAttributes),
    )
    .toBe(true)
  await release()
  expect(await managed.ended('waits', 1)).toMatchObject({ state: 'ok', swap_id: expect.stringMatching(/^run-/) })
  await managed.keepHistory('waits', 'waited')
})

test('refused by a reservation for longer than it waits: the run is skipped', async () => {
  await reserve()
  await managed.schedule('gives-up', swapTo('gemma-3-27b'), { when_refused: 'wait', wait_s: 2 })
  expect(await managed.run('gives-up')).toMatchObject({ state: 'skipped', detail: expect.stringMatching(/^reserved: Ada/) })
  await release()
})

test('a run that is cancelled takes its swap out of the queue, and shows as failed', async () => {
  await managed.stage.ask({
    type: 'claim',
    claimId: 'in-the-way',
    workflowId: arbiterWorkflowId(managed.stage.clusterId),
    hosts: ['spark-1'],
    holder: 'a test',
    purpose: 'stay',
    tokenHash: null,
  })
  await managed.schedule('cancelled', swapTo('gemma-3-27b'), { wait_s: 600 })
  await managed.post('/api/schedule/cancelled/run')
  await managed.stage.until((view) => view.queue.length === 1)
  const workflowId = await managed.workflowOf('cancelled')
  await managed.stage.client.workflow.getHandle(workflowId).cancel()
  expect(await managed.ended('cancelled', 1)).toMatchObject({ state: 'failed', detail: expect.stringContaining('cancelled in Temporal') })
  await managed.stage.until((view) => view.queue.length === 0)
  await managed.keepHistory('cancelled', 'cancelled')
  await managed.stage.ask({ type: 'end_claim', claimId: 'in-the-way' })
})

test('a run that is terminated by hand shows as failed as well', async () => {
  await reserve()
  await managed.schedule('terminated', swapTo('gemma-3-27b'), { wait_s: 600 })
  await managed.post('/api/schedule/terminated/run')
  await managed.until('terminated', (view) => view.state === 'running')
  const workflowId = await managed.workflowOf('terminated')
  await managed.stage.client.workflow.getHandle(workflowId).terminate('a hand in the UI')
  expect(await managed.ended('terminated', 1)).toMatchObject({ state: 'failed', detail: 'the run was terminated in Temporal' })
  await release()
})

test('with overlap skip no second run begins beside the first', async () => {
  await reserve()
  await managed.schedule('one-at-a-time', swapTo('gemma-3-27b'), { wait_s: 600 })
  await managed.post('/api/schedule/one-at-a-time/run')
  await managed.until('one-at-a-time', (view) => view.state === 'running')
  expect((await managed.post('/api/schedule/one-at-a-time/run')).status).toBe(200)
  const skipped = async (): Promise<number> => (await inTemporal('one-at-a-time').describe()).info.numActionsSkippedOverlap
  await expect.poll(skipped, { timeout: 30_000 }).toBe(1)
  await release()
  expect(await managed.ended('one-at-a-time', 1)).toMatchObject({ state: 'ok' })
  expect((await managed.read('one-at-a-time')).runs).toHaveLength(1)
})

test('a paused schedule does not fire, in Temporal neither, until it is resumed', async () => {
  expect(await managed.read('by-itself')).toMatchObject({ paused: true, state: 'paused', next_runs: [], next_run_at: null })
  expect((await inTemporal('by-itself').describe()).state.paused).toBe(true)
  const { runs } = await managed.read('by-itself')
  expect((await managed.post('/api/schedule/by-itself/resume')).json).toMatchObject({ paused: false })
  const resumed = await managed.until('by-itself', (view) => view.runs.length > runs.length)
  expect(resumed.runs.slice(1)).toEqual(runs)
  await managed.api.ask('/api/schedule/by-itself', { method: 'DELETE', body: {} })
  expect((await managed.api.ask('/api/schedule/by-itself')).json).toMatchObject({ status: 404, code: 'unknown_schedule' })
})

const inTemporal = (id: string) => managed.stage.client.schedule.getHandle(temporalScheduleId(managed.stage.clusterId, id))
