import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { Swap } from '../../domain/swap.ts'
import { ApiServer, type ApiAnswer } from '../api/api-server.ts'
import { ApiProcess } from './api-process.ts'
import { eventsOf } from './event-stream.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let api: ApiServer
beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1', 'spark-2'], load_s: 1 })
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  await api.close()
  await stage.close()
})
afterEach(async () => {
  for (const { swapId } of [...(await stage.state()).queue, ...(await stage.state()).active]) await api.post(`/api/swap/${swapId}/cancel`, {})
  await stage.until(({ active, queue }) => active.length === 0 && queue.length === 0)
  expect(api.undeclared).toEqual([])
})

const swap = (body: object, headers: Record<string, string> = {}): Promise<ApiAnswer> => api.post('/api/swap', body, headers)
/** Something that runs until it is cancelled. */
const occupy = (): Promise<ApiAnswer> => swap({ model: 'demo-never-healthy', on_failure: 'leave' })
const idsOf = (answers: readonly ApiAnswer[]): string[] => [...new Set(answers.map(({ json }) => String(json.swap_id)))]

async function ended(swapId: string): Promise<Swap> {
  await eventsOf(`${api.url}/api/swap/${swapId}/stream`)
  return Swap.parse((await api.ask(`/api/swap/${swapId}`)).json)
}

test('a swap in the queue tells its place and when it should start; the same wish again joins it', async () => {
  const running = await occupy()
  const queued = await swap({ model: 'gemma-3-27b', on_busy: 'queue' }, { 'x-spark-holder': 'Ada' })
  expect(queued.json).toMatchObject({ state: 'queued', position: 1, joined: false, holder: 'Ada' })
  expect(Object.keys(queued.json as object)).toEqual(expect.arrayContaining(['expected_start_at', 'expected_start_in_s']))
  const again = await swap({ model: 'gemma-3-27b', on_busy: 'queue' }, { 'x-spark-holder': 'Grace' })
  expect(again).toMatchObject({
    status: 202,
    headers: { location: `/api/swap/${String(queued.json.swap_id)}` },
    json: { swap_id: queued.json.swap_id, joined: true, position: 1, holder: 'Ada' },
  })
  const behind = await swap({ model: 'mistral-small-3.2', on_busy: 'queue' })
  expect(behind.json).toMatchObject({ position: 2, joined: false })
  expect((await swap({ model: 'mistral-small-3.2' })).json).toMatchObject({
    code: 'busy',
    busy: { swap_id: running.json.swap_id, model: 'demo-never-healthy' },
    queue_length: 2,
  })
  await api.post(`/api/swap/${String(running.json.swap_id)}/cancel`, {})
  expect(await ended(queued.json.swap_id as string)).toMatchObject({ outcome: 'completed' })
  expect(await ended(behind.json.swap_id as string)).toMatchObject({ outcome: 'completed' })
})

test('the same swap asked a hundred times at once is one swap; the others are told that it is busy', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => swap({ model: 'gemma-3-27b', restart: true })))
  const accepted = answers.filter(({ status }) => status === 202)
  expect(accepted).toHaveLength(1)
  const refused = answers.filter(({ status }) => status !== 202)
  for (const { json } of refused) expect(json).toMatchObject({ status: 409, code: 'busy', busy: { swap_id: accepted[0]?.json.swap_id } })
  expect(await ended(idsOf(accepted)[0] ?? '')).toMatchObject({ outcome: 'completed' })
})

test('a hundred times at once with on_busy: queue, all are part of one swap', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => swap({ model: 'mistral-small-3.2', on_busy: 'queue' })))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202))
  expect(idsOf(answers)).toHaveLength(1)
  expect(answers.filter(({ json }) => json.joined === false)).toHaveLength(1)
  expect((await stage.state()).queue).toEqual([])
  expect(await ended(idsOf(answers)[0] ?? '')).toMatchObject({ outcome: 'completed' })
})

test('a hundred times at once under one Idempotency-Key, all are told of one swap', async () => {
  const headers = { 'idempotency-key': 'hundredfold' }
  const answers = await Promise.all(Array.from({ length: 100 }, () => swap({ model: 'gemma-3-27b', restart: true }, headers)))
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202))
  expect(idsOf(answers)).toHaveLength(1)
  expect(await ended(idsOf(answers)[0] ?? '')).toMatchObject({ outcome: 'completed' })
})

test('a key whose request joined another swap is told of that swap again', async () => {
  await occupy()
  const queued = await swap({ model: 'gemma-3-27b', on_busy: 'queue' })
  const ask = (body: object) => swap(body, { 'idempotency-key': 'joins' })
  for (let times = 0; times < 2; times++) {
    expect((await ask({ model: 'gemma-3-27b', on_busy: 'queue' })).json).toMatchObject({ swap_id: queued.json.swap_id, joined: true })
  }
  expect((await ask({ model: 'mistral-small-3.2', on_busy: 'queue' })).json).toMatchObject({ status: 422, code: 'id_reused' })
})

test('every part of the request counts: the same key with another one is 422, also once its swap has ended', async () => {
  const ask = (body: object) => swap({ model: 'gemma-3-27b', hosts: ['spark-2'], ...body }, { 'idempotency-key': 'to-the-letter' })
  const first = await ask({ restart: true })
  expect(first.status).toBe(202)
  expect((await ask({})).json).toMatchObject({ status: 422, code: 'id_reused' })
  await ended(first.json.swap_id as string)
  expect((await ask({ restart: true })).json).toMatchObject({ swap_id: first.json.swap_id, state: 'done', outcome: 'completed', position: null })
  for (const other of [{}, { restart: true, on_busy: 'queue' }, { restart: true, reason: 'why' }, { restart: true, hosts: ['spark-1'] }]) {
    expect((await ask(other)).json).toMatchObject({ status: 422, code: 'id_reused', swap_id: first.json.swap_id })
  }
})

test('the API is killed and started again: the same key is the same swap, in the queue and after', async () => {
  const process = await ApiProcess.start(stage.places)
  const ask = async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'over-restarts' }
    const body = JSON.stringify({ model: 'mistral-small-3.2', on_busy: 'queue' })
    return (await (await fetch(`${process.url}/api/swap`, { method: 'POST', headers, body })).json()) as Record<string, unknown>
  }
  try {
    const running = await occupy()
    const first = await ask()
    expect(first).toMatchObject({ state: 'queued', position: 1 })
    await process.kill()
    await process.startAgain()
    expect(await ask()).toMatchObject({ swap_id: first['swap_id'], state: 'queued', position: 1 })
    await api.post(`/api/swap/${String(running.json.swap_id)}/cancel`, {})
    expect(await ended(String(first['swap_id']))).toMatchObject({ outcome: 'completed' })
    await process.kill()
    await process.startAgain()
    expect(await ask()).toMatchObject({ swap_id: first['swap_id'], state: 'done' })
  } finally {
    await process.close()
  }
})

test('a reserved host on which a swap runs is refused with both: who holds it, and what runs until when', async () => {
  const lock = await api.post('/api/swap/lock', { holder: 'cron', hosts: ['spark-1'], ttl_s: 60 })
  const headers = { 'x-swap-lock-token': String(lock.json.token) }
  const running = await swap({ model: 'demo-never-healthy', on_failure: 'leave' }, headers)
  for (const refused of [await swap({ model: 'gemma-3-27b' }), await api.post('/api/swap/lock', { holder: 'Ada' })]) {
    expect(refused.json).toMatchObject({ status: 423, holder: 'cron', busy: { swap_id: running.json.swap_id }, queue_length: 0, waiting: 0 })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  }
  await api.ask('/api/swap/lock', { method: 'DELETE', headers })
})

test('the schedule that a request names is told with its swap', async () => {
  const { json } = await swap({ model: 'gemma-3-27b', restart: true }, { 'x-spark-schedule': 'night-model' })
  expect(json).toMatchObject({ schedule: 'night-model', holder: 'night-model' })
  expect(await ended(json.swap_id as string)).toMatchObject({ schedule: 'night-model' })
})

test('a caller’s clock that is an hour off changes nothing for a swap', async () => {
  const { json } = await swap({ model: 'gemma-3-27b', restart: true }, { date: new Date(Date.now() + 3_600_000).toUTCString() })
  expect(Math.abs(Date.parse(json.requested_at as string) - Date.now())).toBeLessThan(60_000)
  expect(await ended(json.swap_id as string)).toMatchObject({ outcome: 'completed' })
})
