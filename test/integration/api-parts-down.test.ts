import { afterAll, beforeAll, expect, test } from 'vitest'
import { TemporalServer } from '../setup/temporal-server.ts'
import { ApiServer } from '../api/api-server.ts'

/** A Temporal of its own, which the tests kill, and no worker at all. */
let temporal: TemporalServer
let api: ApiServer
beforeAll(async () => {
  temporal = await TemporalServer.start()
  api = await ApiServer.start({ temporal: temporal.address })
})
afterAll(async () => {
  await api.close()
  await temporal.stop()
})

const partsNow = async (): Promise<Record<string, { ok: boolean; detail: string }>> =>
  (await api.ask('/readyz')).json.parts as Record<string, { ok: boolean; detail: string }>

test('without a worker a swap and a lock are 503 worker_down within six seconds', { timeout: 6_000 }, async () => {
  const answers = await Promise.all([
    api.post('/api/swap', { model: 'mine' }),
    api.post('/api/swap/lock', { holder: 'me' }),
    api.post('/api/swap/mine/validate', {}),
    api.ask('/api/swap/lock'),
  ])
  for (const answer of answers) {
    expect(answer.json).toMatchObject({ status: 503, code: 'worker_down' })
    expect(answer.headers['retry-after']).toMatch(/^\d+$/)
  }
})

test('without a worker /readyz says that it is the worker', async () => {
  expect((await api.ask('/readyz')).status).toBe(503)
  expect(await partsNow()).toMatchObject({ temporal: { ok: true }, worker: { ok: false }, config: { ok: true } })
  expect((await api.ask('/api/swap')).json).toEqual({ swaps: [], next: null })
})

test('Temporal killed: 503 temporal_down, /readyz says so; back again it is found by itself', { timeout: 60_000 }, async () => {
  await temporal.kill()
  await expect.poll(partsNow, { timeout: 20_000 }).toMatchObject({ temporal: { ok: false }, worker: { ok: false } })
  expect((await api.post('/api/swap', { model: 'mine' })).json).toMatchObject({ status: 503, code: 'temporal_down' })
  expect((await api.post('/api/swap/lock', { holder: 'me' })).json).toMatchObject({ status: 503, code: 'temporal_down' })
  expect((await api.ask('/api/swap')).json).toMatchObject({ code: 'temporal_down' })
  await temporal.up()
  await expect.poll(partsNow, { timeout: 20_000 }).toMatchObject({ temporal: { ok: true } })
})

test('nothing here answered in a way that the route table does not know', () => {
  expect(api.undeclared).toEqual([])
})
