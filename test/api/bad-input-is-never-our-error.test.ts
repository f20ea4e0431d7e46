import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { routeTable } from '../../api/route-table.ts'
import { ApiServer } from './api-server.ts'

/** Temporal is not there: what passes all checks ends as 503, and nothing ever as 500. */
let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.start()
})
afterAll(() => api.close())

const words = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.constantFrom('', 'null', '__proto__', 'constructor', "'", '"', '$(id)', '../..', '\0', '\n', '9'.repeat(20), '-1', 'mine', 'spark-1', 'true'),
)
const values = fc.oneof(fc.jsonValue({ maxDepth: 3 }), words, fc.integer(), fc.boolean(), fc.constant(null))
const fields = fc.constantFrom(
  'model',
  'hosts',
  'restart',
  'dry_run',
  'on_failure',
  'on_busy',
  'drain_s',
  'reason',
  'holder',
  'ttl_s',
  'token',
  'purpose',
  '__proto__',
  'x',
)
const bodies = fc.oneof(
  fc.dictionary(fields, values, { maxKeys: 5 }).map((body) => JSON.stringify(body)),
  values.map((value) => JSON.stringify(value)),
  fc.string({ maxLength: 100 }),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
)
const headerWords = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '9', '-', '_', '.', '"', "'", '$', ' ', ';', ',', '='), maxLength: 60 })
const headers = fc.dictionary(
  fc.constantFrom(
    'x-swap-lock-token',
    'idempotency-key',
    'x-spark-schedule',
    'x-spark-holder',
    'last-event-id',
    'accept',
    'accept-encoding',
    'content-type',
    'origin',
  ),
  headerWords,
  { maxKeys: 3 },
)
const queries = fc.array(fc.tuple(fc.constantFrom('limit', 'before', 'model', 'outcome', 'force', 'wait_s', 'lines', 'x', '__proto__'), words), {
  maxLength: 3,
})

const allowed = new Set([200, 201, 202, 400, 403, 404, 405, 409, 413, 415, 422, 423, 503])

test.each(routeTable.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', { timeout: 60_000 }, async (_name, route) => {
  const asked = fc.record({
    segment: words,
    query: queries,
    headers,
    body: route.method === 'GET' ? fc.constant(undefined) : fc.option(bodies, { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(asked, async ({ segment, query, headers: given, body }) => {
      const path = route.path.replace(/\{\w+\}/, encodeURIComponent(segment) || '%20')
      const search = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
      const sent = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.trim()]))
      const endless = route.path === '/api/events/stream'
      const answer = await api.ask(`${path}?${search}`, { method: route.method, headers: sent, endless, ...(body !== undefined && { body }) })
      expect(allowed, `${String(answer.status)} ${answer.text.slice(0, 300)}`).toContain(answer.status)
      if (answer.status >= 400 && answer.json?.parts === undefined) expect(answer.headers['content-type']).toBe('application/problem+json')
    }),
    { numRuns: 60 },
  )
  expect(api.undeclared).toEqual([])
})
