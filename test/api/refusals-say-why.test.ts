import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { errors } from '../../domain/errors.ts'
import { Problem, ProblemDocument } from '../../domain/problem.ts'
import { ApiServer, type ApiAnswer } from './api-server.ts'

let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.start()
})
afterAll(() => api.close())

test('a refusal is a problem document with code, advice and request id', async () => {
  const answer = await api.ask('/nowhere')
  expect(answer.headers['content-type']).toBe('application/problem+json')
  const document = ProblemDocument.parse(answer.json)
  expect(document).toMatchObject({ type: '/docs/errors/not_found', status: 404, code: 'not_found', advice: errors.not_found.advice })
  expect(document.request_id).toBe(answer.headers['x-request-id'])
})

test('the type of a problem is an address that explains it', async () => {
  const { json } = await api.ask('/nowhere')
  expect((await api.ask(String(json.type))).json).toMatchObject({ code: 'not_found', status: 404, title: errors.not_found.title })
})

test('another method is 405 with those that are allowed', async () => {
  const answer = await api.ask('/api/swap/lock', { method: 'PUT' })
  expect(answer.json).toMatchObject({ status: 405, code: 'method_not_allowed' })
  expect(answer.headers.allow?.split(', ')).toEqual(expect.arrayContaining(['GET', 'POST', 'DELETE']))
  expect((await api.ask('/api/status', { method: 'OPTIONS' })).status).toBe(405)
})

test('an unknown model is 404 and names those that are meant', async () => {
  const answer = await api.post('/api/swap', { model: 'qwen3-3b0' })
  expect(answer.json).toMatchObject({ status: 404, code: 'unknown_model', near: ['qwen3-30b'] })
  expect((await api.ask('/api/models/gpt-oss')).json).toMatchObject({ code: 'unknown_model', near: ['gpt-oss-120b'] })
  expect((await api.post('/api/swap/zzz/validate', {})).json).toMatchObject({ code: 'unknown_model', near: [] })
})

test.each(['quote"d', "it's", '$(reboot)', '`id`', 'a\nb', 'a\0b', '../../etc/passwd', 'x'.repeat(200)])(
  'the model key %j is only a name that nobody has',
  async (model) => {
    expect((await api.post('/api/swap', { model })).json).toMatchObject({ status: 404, code: 'unknown_model' })
  },
)

test.each([
  [{}, 'model'],
  [{ model: 7 }, 'model'],
  [{ model: 'mine', hosts: 'spark-1' }, 'hosts'],
  [{ model: 'mine', hosts: ['spark-1', 7] }, 'hosts.1'],
  [{ model: 'mine', hosts: [] }, 'hosts'],
  [{ model: 'mine', drain_s: -1 }, 'drain_s'],
  [{ model: 'mine', drain_s: 1.5 }, 'drain_s'],
  [{ model: 'mine', on_failure: 'explode' }, 'on_failure'],
  [{ model: 'mine', restart: 'yes' }, 'restart'],
  [{ model: 'mine', modle: 'x' }, 'modle'],
  [{ model: 'mine', reason: '' }, 'reason'],
  [[], 'body'],
  ['"text"', 'body'],
  ['null', 'body'],
])('%j is 422 and names %s', async (body, field) => {
  const answer = await api.post('/api/swap', body)
  expect(answer.json).toMatchObject({ status: 422, code: 'invalid_request' })
  expect(fieldsOf(answer)).toContain(field)
  expect(answer.json.detail).toContain(field)
})

const fieldsOf = (answer: ApiAnswer): string[] => (answer.json.errors as { field: string }[]).map((error) => error.field)

test('no body at all is 422, not a crash', async () => {
  expect((await api.ask('/api/swap', { method: 'POST' })).json).toMatchObject({ status: 422, code: 'invalid_request' })
})

test.each([
  ['/api/swap?limit=0', 'query limit'],
  ['/api/swap?limit=1e1', 'query limit'],
  ['/api/swap?limit=1&limit=2', 'query limit'],
  ['/api/swap?outcome=fine', 'query outcome'],
  ['/api/swap?colour=red', 'query colour'],
  ["/api/swap?model='%20OR%20''='", 'query model'],
  ['/api/swap?before=%27', 'query before'],
  ['/api/swap/NOT_AN_ID', 'path id'],
  ['/api/swap/some-swap-id/log?lines=0', 'query lines'],
])('GET %s is 422 and names %s', async (path, field) => {
  const answer = await api.ask(path)
  expect(answer.json).toMatchObject({ status: 422, code: 'invalid_request', errors: [{ field }] })
})

test.each([
  [{ 'x-swap-lock-token': 'short' }, 'header x-swap-lock-token'],
  [{ 'idempotency-key': 'two words' }, 'header idempotency-key'],
  [{ 'x-spark-holder': 'x'.repeat(121) }, 'header x-spark-holder'],
])('the header %j is 422 and named', async (headers, field) => {
  expect((await api.post('/api/swap', { model: 'mine' }, headers)).json).toMatchObject({ status: 422, errors: [{ field }] })
})

test('a header of a stream that is no place in it is 422', async () => {
  const answer = await api.ask('/api/swap/some-swap-id/stream', { headers: { 'last-event-id': 'seven' } })
  expect(answer.json).toMatchObject({ status: 422, errors: [{ field: 'header last-event-id' }] })
})

test('an unknown host is 422 and the hosts are named', async () => {
  expect((await api.post('/api/swap', { model: 'mine', hosts: ['spark-9'] })).json).toMatchObject({
    status: 422,
    code: 'unknown_host',
    unknown: ['spark-9'],
    hosts: ['spark-1', 'spark-2'],
  })
  expect((await api.post('/api/swap/lock', { holder: 'me', hosts: ['spark-9'] })).json).toMatchObject({ code: 'unknown_host' })
})

test('a launcher for one host is not given two', async () => {
  expect((await api.post('/api/swap', { model: 'mine', hosts: ['spark-1', 'spark-2'] })).json).toMatchObject({ status: 422, code: 'too_many_hosts' })
})

test('force without a reason is refused', async () => {
  expect((await api.post('/api/swap?force=true', { model: 'mine' })).json).toMatchObject({ status: 422, errors: [{ field: 'reason' }] })
  expect((await api.ask('/api/swap/lock?force=true', { method: 'DELETE' })).status).toBe(422)
  expect((await api.ask('/api/swap/lock?force=true', { method: 'DELETE', body: { reason: ' ' } })).json).toMatchObject({
    errors: [{ field: 'reason' }],
  })
})

test('a lock needs a holder, a release needs its token, an extension takes nothing but the time', async () => {
  expect((await api.post('/api/swap/lock', { ttl_s: 60 })).json).toMatchObject({ status: 422, errors: [{ field: 'holder' }] })
  expect((await api.post('/api/swap/lock', { holder: 'me', ttl_s: 5 })).json).toMatchObject({ errors: [{ field: 'ttl_s' }] })
  expect((await api.post('/api/swap/lock', { holder: 'me', token: 'guessable' })).json).toMatchObject({ errors: [{ field: 'token' }] })
  expect((await api.ask('/api/swap/lock', { method: 'DELETE' })).json).toMatchObject({ errors: [{ field: 'header x-swap-lock-token' }] })
  const extended = await api.post('/api/swap/lock', { ttl: 60 }, { 'x-swap-lock-token': 'a'.repeat(43) })
  expect(extended.json).toMatchObject({ status: 422, errors: [{ field: 'ttl' }] })
})

test('an address that cannot be decoded is 404', async () => {
  expect((await api.ask('/api/models/%ZZ')).json).toMatchObject({ status: 404 })
})

test('without Temporal a swap is refused with 503 within six seconds', { timeout: 6_000 }, async () => {
  const answer = await api.post('/api/swap', { model: 'mine' })
  expect(answer.json).toMatchObject({ status: 503, code: 'temporal_down' })
  expect(answer.headers['retry-after']).toMatch(/^\d+$/)
})

test('without Temporal the API is up, says which part is down, and shows what it knows', async () => {
  expect((await api.ask('/healthz')).status).toBe(200)
  const ready = await api.ask('/readyz')
  expect(ready.status).toBe(503)
  expect(ready.json).toMatchObject({ ok: false, parts: { temporal: { ok: false }, worker: { ok: false }, config: { ok: true } } })
  const status = await api.ask('/api/status')
  expect(status.json).toMatchObject({ hosts: [{ name: 'spark-1', reachable: null, arbiter: 'unknown' }, { name: 'spark-2' }], swap: null })
})

test('no free host is an answer that the description has, for a swap and for a check', async () => {
  const full = (): Promise<never> => Promise.reject(new Problem('no_free_host', 'No host is free for it'))
  const crowded = await ApiServer.start({ alter: (control) => ({ ...control, requestSwap: full, checkModel: full }) })
  expect((await crowded.post('/api/swap', { model: 'qwen3-30b' })).json).toMatchObject({ status: 409, code: 'no_free_host' })
  expect((await crowded.post('/api/swap/qwen3-30b/validate', {})).json).toMatchObject({ status: 409, code: 'no_free_host' })
  expect(crowded.undeclared).toEqual([])
  await crowded.close()
})

test('an error that nobody foresaw is logged under its request id and never shown', async () => {
  const broken = await ApiServer.start({
    alter: (control) => ({ ...control, readStatus: () => Promise.reject(new Error('secret detail')) }),
  })
  const answer = await broken.ask('/api/status')
  expect(answer.json).toMatchObject({ status: 500, code: 'unexpected' })
  expect(answer.text).not.toContain('secret')
  const logged = broken.logLines.find((line) => line.includes('secret detail'))
  expect(logged).toContain(answer.json.request_id)
  await broken.close()
})

test('a configuration error is told with file, line and column, and is gone once it is mended', async () => {
  const other = await ApiServer.start({ models: 'models:\n  a: { repo: x/y }\n  a: { repo: x/z }\n' })
  const answer = await other.ask('/api/models')
  expect(answer.json).toMatchObject({ status: 503, code: 'config_invalid' })
  expect(answer.json.detail).toMatch(/models\.yaml:3:\d+/)
  expect((await other.ask('/readyz')).json.parts.config).toMatchObject({ ok: false })
  await writeFile(join(other.configDir, 'models.yaml'), 'models:\n  a: { repo: x/y }\n')
  expect((await other.ask('/api/models')).json).toMatchObject({ models: [{ key: 'a' }] })
  await other.close()
})

test('cluster.yaml gone after it was there: 503 not_configured, never the demo', async () => {
  const other = await ApiServer.start()
  expect((await other.ask('/api/models')).status).toBe(200)
  await rm(join(other.configDir, 'cluster.yaml'))
  for (const path of ['/api/models', '/api/swap', '/api/swap/lock']) {
    expect((await other.ask(path)).json).toMatchObject({ status: 503, code: 'not_configured' })
  }
  expect((await other.post('/api/swap', { model: 'mine' })).json).toMatchObject({ code: 'not_configured' })
  await other.close()
})

test('a refused setting is told by the status, with what is used instead', async () => {
  const other = await ApiServer.start({ env: { VLLM_PORT: 'many', TEMPORAL_PORT: ' ' } })
  expect((await other.ask('/api/status')).json.refused_settings).toMatchObject([
    { setting: 'vllm_port', source: 'VLLM_PORT', value: 'many', used: '8888' },
  ])
  await other.close()
})

test('nothing here answered in a way that the route table does not know', () => {
  expect(api.undeclared).toEqual([])
})
