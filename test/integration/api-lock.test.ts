import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import type { AuditEvent } from '../../domain/events.ts'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { ApiServer, type ApiAnswer } from '../api/api-server.ts'
import { startStage, type Stage } from './stage.ts'

const path = '/api/swap/lock'
let stage: Stage
let api: ApiServer
beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1', 'spark-2'] })
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  await api.close()
  await stage.close()
})
afterEach(async () => {
  await api.ask(`${path}?force=true`, { method: 'DELETE', body: { reason: 'the next test', hosts: ['spark-1', 'spark-2'] } })
  expect(api.undeclared).toEqual([])
})

const acquire = (body: object = {}, query = ''): Promise<ApiAnswer> => api.post(`${path}${query}`, { holder: 'cron', ...body })
const release = (token: string): Promise<ApiAnswer> => api.ask(path, { method: 'DELETE', headers: { 'x-swap-lock-token': token } })
const extend = (token: string, body: object): Promise<ApiAnswer> => api.post(path, body, { 'x-swap-lock-token': token })
const swapWith = (token: string | null, query = '', more: object = {}): Promise<ApiAnswer> =>
  api.post(`/api/swap${query}`, { model: 'no-such-weights', ...more }, token === null ? {} : { 'x-swap-lock-token': token })

test('who comes first holds it, the next is told by whom and until when', async () => {
  const granted = await acquire({ purpose: 'nightly', ttl_s: 60 })
  expect(granted.status).toBe(201)
  expect(granted.json).toMatchObject({ holder: 'cron', purpose: 'nightly', hosts: ['spark-1', 'spark-2'] })
  expect(granted.json.token).toMatch(/^[\w-]{43}$/)

  const refused = await acquire({ holder: 'Ada' })
  expect(refused.json).toMatchObject({ status: 423, code: 'reserved', holder: 'cron', purpose: 'nightly', fence: granted.json.fence })
  expect(refused.json.expires_in_s).toBeGreaterThan(50)
  expect(Date.parse(refused.json.expires_at as string)).toBe(Date.parse(granted.json.expires_at as string))
  expect(Number(refused.headers['retry-after'])).toBe(refused.json.expires_in_s)
  expect((await api.ask(path)).json).toMatchObject({ held: true, holder: 'cron', locks: [{ holder: 'cron' }] })
})

test('while it is held, a swap without its token or with another one is 423; its holder may', async () => {
  const { json } = await acquire({ ttl_s: 60 })
  const model = 'gemma-3-27b'
  for (const token of [null, 'a'.repeat(43)]) {
    const refused = await swapWith(token, '', { model })
    expect(refused.json).toMatchObject({ status: 423, code: 'reserved', holder: 'cron' })
    expect(refused.headers['retry-after']).toBeDefined()
  }
  const accepted = await swapWith(json.token as string, '', { model })
  expect(accepted.status).toBe(202)
  expect(accepted.json.holder).toBe('cron')
  await stage.until((view) => view.active.length === 0)
})

test('force with a reason overrides the reservation', async () => {
  const { json } = await acquire({ ttl_s: 60 })
  const accepted = await swapWith(null, '?force=true', { model: 'mistral-small-3.2', reason: 'the night is over' })
  expect(accepted.status).toBe(202)
  expect((await release(json.token as string)).json).toMatchObject({ status: 409, code: 'lock_stale' })
  await stage.until((view) => view.active.length === 0)
})

test('an extension moves the end, and only its holder gets one', async () => {
  const { json } = await acquire({ ttl_s: 20 })
  const extended = await extend(json.token as string, { ttl_s: 600 })
  expect(extended.status).toBe(200)
  expect(extended.json.expires_in_s).toBeGreaterThan(500)
  const asBefore = await extend(json.token as string, { holder: 'cron', ttl_s: 900, purpose: 'the same request again' })
  expect(asBefore).toMatchObject({ status: 200, json: { expires_at: expect.any(String) } })
  expect((await extend('b'.repeat(43), {})).json).toMatchObject({ status: 409, code: 'lock_stale' })
})

test('a repeated acquire under its own token is 200 and the same lock', async () => {
  const token = 'c'.repeat(43)
  const first = await acquire({ token })
  const again = await acquire({ token })
  expect([first.status, again.status]).toEqual([201, 200])
  expect(again.json.fence).toBe(first.json.fence)
})

test('a token that is not current frees nobody: the successor keeps its lock', async () => {
  const old = (await acquire()).json.token as string
  expect((await api.ask(`${path}?force=true`, { method: 'DELETE', body: { reason: 'it sleeps' } })).json).toEqual({ released: 1 })
  expect((await acquire({ holder: 'successor' })).status).toBe(201)
  expect((await release(old)).json).toMatchObject({ status: 409, code: 'lock_stale' })
  expect((await extend(old, { ttl_s: 60 })).json).toMatchObject({
    status: 409,
    code: 'lock_stale',
    detail: expect.stringContaining('it sleeps') as unknown,
  })
  expect((await acquire({ token: old })).json).toMatchObject({ status: 409, code: 'lock_stale' })
  expect((await api.ask(path)).json).toMatchObject({ held: true, holder: 'successor' })
  expect((await swapWith(old, '', { model: 'gemma-3-27b' })).json).toMatchObject({ status: 423, holder: 'successor' })
})

test('a release whose answer was lost may be repeated: it is done', async () => {
  const token = (await acquire()).json.token as string
  expect((await release(token)).json).toEqual({ released: 1 })
  expect((await release(token)).json).toEqual({ released: 0 })
  expect((await release('d'.repeat(43))).json).toMatchObject({ status: 409, code: 'lock_stale' })
})

test('a stale token is 409 for a swap when nobody holds the lock', async () => {
  const token = (await acquire()).json.token as string
  await release(token)
  expect((await swapWith(token, '', { model: 'gemma-3-27b' })).json).toMatchObject({ status: 409, code: 'lock_stale' })
})

test('locks of different hosts stand side by side', async () => {
  expect((await acquire({ hosts: ['spark-1'] })).status).toBe(201)
  expect((await acquire({ holder: 'Ada', hosts: ['spark-2'] })).status).toBe(201)
  expect((await api.ask(path)).json.locks).toHaveLength(2)
  expect((await acquire({ holder: 'third', hosts: ['spark-2'] })).json).toMatchObject({ holder: 'Ada' })
  expect((await api.ask(`${path}?force=true`, { method: 'DELETE', body: { reason: 'which?' } })).json).toMatchObject({ status: 422 })
})

test('who waits gets it when it is released', async () => {
  const token = (await acquire()).json.token as string
  const waiting = acquire({ holder: 'patient' }, '?wait_s=20')
  await release(token)
  expect((await waiting).json).toMatchObject({ holder: 'patient' })
})

test('a holder with HTML in its name is text: stored as it is, shown escaped', async () => {
  const holder = '<img src=x onerror=alert(1)>'
  expect((await acquire({ holder, purpose: '"><script>' })).json).toMatchObject({ holder, purpose: '"><script>' })
  expect((await acquire({ holder: 'Ada' })).json).toMatchObject({ status: 423, holder, detail: expect.stringContaining(holder) as unknown })
  const page = await api.ask('/')
  expect(page.text).toContain('&lt;img src=x onerror=alert(1)&gt;')
  expect(page.text).not.toContain('<img src=x')
  expect(page.text).not.toContain('"><script>')
})

test('a caller’s clock that is an hour off changes nothing', async () => {
  for (const offset_ms of [-3_600_000, 3_600_000]) {
    const date = new Date(Date.now() + offset_ms).toUTCString()
    const { json } = await api.post(path, { holder: 'cron', ttl_s: 60 }, { date })
    const headers = { date, 'x-swap-lock-token': String(json.token) }
    expect(json.expires_in_s).toBeGreaterThan(55)
    expect(json.expires_in_s).toBeLessThanOrEqual(60)
    const extended = await api.post(path, { ttl_s: 600 }, headers)
    expect(Date.parse(extended.json.expires_at as string) - Date.parse(json.expires_at as string)).toBeGreaterThan(500_000)
    expect((await api.ask(path, { method: 'DELETE', headers })).json).toEqual({ released: 1 })
  }
})

test('the audit trail tells who did it, from where, for which schedule and why', async () => {
  const { json } = await api.post(path, { holder: 'cron' }, { 'x-spark-schedule': 'night-model' })
  await api.ask(`${path}?force=true`, { method: 'DELETE', body: { reason: 'it is stuck' }, headers: { 'x-spark-holder': 'Ada' } })
  const about = async (type: string) => {
    const { json: page } = await api.ask(`/api/events?type=${type}&limit=100`)
    return (page.events as AuditEvent[]).filter(({ fence }) => fence === json.fence)
  }
  await expect
    .poll(() => about('lock_acquired'))
    .toMatchObject([{ actor: { name: 'cron', address: '127.0.0.1' }, schedule: 'night-model', after: { holder: 'cron' } }])
  await expect
    .poll(() => about('lock_forced'))
    .toMatchObject([{ actor: { name: 'Ada', address: '127.0.0.1' }, reason: 'it is stuck', before: { holder: 'cron' } }])
})

test('the audit trail names the holder, also where a schedule’s id came along', async () => {
  const { json } = await api.post(path, { holder: 'digest of Ada' }, { 'x-spark-schedule': 'digest' })
  await release(json.token as string)
  const ours = (await stage.audit()).filter(({ fence }) => fence === json.fence)
  expect(ours).toMatchObject([
    { type: 'lock_acquired', actor: { name: 'digest of Ada', address: '127.0.0.1' }, schedule: 'digest' },
    { type: 'lock_released', actor: { name: 'digest of Ada', address: '127.0.0.1' } },
  ])
})

test('the token is shown to its holder alone: no other answer, log line or history has it', async () => {
  const token = (await acquire()).json.token as string
  await extend(token, { ttl_s: 60 })
  const others = await Promise.all([api.ask(path), api.ask('/api/status'), acquire({ holder: 'curious' }), api.ask('/metrics')])
  await release(token)
  const history = await stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId)).fetchHistory()
  const payloads = JSON.stringify(history).replace(/"data":"([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString('utf8'))
  const texts = [...others.map((answer) => answer.text), ...api.logLines, payloads]
  expect(texts.filter((text) => text.includes(token))).toEqual([])
  expect(payloads.includes('tokenHash')).toBe(true)
})
