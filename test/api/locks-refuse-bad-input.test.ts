import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiServer } from './api-server.ts'

const path = '/api/swap/lock'
let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.start()
})
afterAll(() => api.close())

test.each([
  [{ ttl_s: 0 }, 'ttl_s'],
  [{ ttl_s: 9 }, 'ttl_s'],
  [{ ttl_s: -600 }, 'ttl_s'],
  [{ ttl_s: 86_401 }, 'ttl_s'],
  [{ ttl_s: 1e300 }, 'ttl_s'],
  [{ ttl_s: 600.5 }, 'ttl_s'],
  [{ ttl_s: '600' }, 'ttl_s'],
  [{ ttl_s: 'ten minutes' }, 'ttl_s'],
  [{ ttl_s: null }, 'ttl_s'],
  [{ holder: '' }, 'holder'],
  [{ holder: ' \t ' }, 'holder'],
  [{ holder: 'x'.repeat(10_240) }, 'holder'],
  [{ holder: 'bell\u0007' }, 'holder'],
  [{ holder: 'looks \u202Edetrever' }, 'holder'],
  [{ holder: 7 }, 'holder'],
  [{ purpose: 'x'.repeat(301) }, 'purpose'],
  [{ hosts: [] }, 'hosts'],
  [{ hosts: 'spark-1' }, 'hosts'],
  [{ hosts: ['spark 1'] }, 'hosts.0'],
  [{ token: 'x'.repeat(21) }, 'token'],
  [{ token: 'x'.repeat(129) }, 'token'],
  [{ owner: 'me' }, 'owner'],
])('a lock with %j is 422 and names %s', async (fault, field) => {
  const answer = await api.post(path, { holder: 'cron', ...fault })
  expect(answer.json).toMatchObject({ status: 422, code: 'invalid_request' })
  expect([...new Set((answer.json.errors as { field: string }[]).map((error) => error.field))]).toEqual([field])
  expect(answer.text.length).toBeLessThan(2_000)
})

test.each(['56', '-1', '1.5', 'long', ''])('?wait_s=%s is 422', async (wait) => {
  expect((await api.post(`${path}?wait_s=${wait}`, { holder: 'cron' })).json).toMatchObject({
    status: 422,
    code: 'invalid_request',
    errors: [{ field: 'query wait_s' }],
  })
})

test('an extension is held to the same times, and a forced release to known hosts', async () => {
  const headers = { 'x-swap-lock-token': 'a'.repeat(43) }
  expect((await api.post(path, { ttl_s: 0 }, headers)).json).toMatchObject({ status: 422, errors: [{ field: 'ttl_s' }] })
  expect((await api.ask(`${path}?force=true`, { method: 'DELETE', body: { reason: 'why', hosts: ['spark-9'] } })).json).toMatchObject({
    status: 422,
    code: 'unknown_host',
    unknown: ['spark-9'],
  })
})

test('refusals are counted by route and code, and by nothing that a request says', async () => {
  const [before, bad] = [await refusals(), { holder: 'x'.repeat(200) }]
  await api.post(path, bad)
  await api.post(path, bad)
  await api.post('/api/swap', { model: 'ghost' })
  await api.ask('/api/models/ghost')
  await api.ask('/no/such/<path>')
  const after = await refusals()
  const grown = Object.fromEntries(Object.entries(after).map(([labels, count]) => [labels, count - (before[labels] ?? 0)]))
  expect(grown).toMatchObject({
    'route="/api/swap/lock",code="invalid_request"': 2,
    'route="/api/swap",code="unknown_model"': 1,
    'route="/api/models/{key}",code="unknown_model"': 1,
    'route="none",code="not_found"': 1,
  })
  expect(Object.keys(after).join()).not.toContain('ghost')
})

async function refusals(): Promise<Record<string, number>> {
  const { text } = await api.ask('/metrics')
  return Object.fromEntries([...text.matchAll(/^spark_refusals_total\{(.*)\} (\d+)$/gm)].map(([, labels = '', count]) => [labels, Number(count)]))
}

test('the gauges of who waits are there', async () => {
  const { text } = await api.ask('/metrics')
  expect(text).toMatch(/^spark_lock_waiting 0$/m)
  expect(text).toMatch(/^spark_swaps_queued 0$/m)
})

test('nothing here answered in a way that the route table does not know', () => {
  expect(api.undeclared).toEqual([])
})
