import { afterAll, beforeAll, expect, test } from 'vitest'
import { originVerdict } from '../../api/middleware/cross-origin.ts'
import { ApiServer } from './api-server.ts'

let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.start()
})
afterAll(() => api.close())

const host = 'spark:9999'

test.each([
  ['a page of ours', { 'sec-fetch-site': 'same-origin' }],
  ['an address typed by hand', { 'sec-fetch-site': 'none' }],
  ['a page of ours over plain HTTP', { origin: 'http://spark:9999' }],
  ['no browser', {}],
])('%s may change things', (_who, headers) => {
  expect(originVerdict('POST', { host, ...headers })).toBe('pass')
})

test.each([
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['a sister site', { 'sec-fetch-site': 'same-site' }],
  ['another site that also claims our origin', { 'sec-fetch-site': 'cross-site', origin: 'http://spark:9999' }],
  ['another origin over plain HTTP', { origin: 'http://evil.example' }],
  ['our name on another port', { origin: 'http://spark:1234' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['an origin that is none', { origin: 'spark:9999' }],
])('%s may not', (_who, headers) => {
  expect(originVerdict('DELETE', { host, ...headers })).not.toBe('pass')
})

test('reading is for everyone whom the Host lets in: it changes nothing', () => {
  expect(originVerdict('GET', { host, 'sec-fetch-site': 'cross-site' })).toBe('pass')
})

test('a form of another page is refused with 403 before its body is looked at', async () => {
  const answer = await api.post('/api/swap', 'not json', { 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' })
  expect(answer.json).toMatchObject({ status: 403, code: 'cross_origin' })
})

test('no answer lets other origins read it', async () => {
  const answer = await api.ask('/api/models', { headers: { origin: 'http://evil.example' } })
  expect(answer.status).toBe(200)
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test.each(['/', '/docs', '/api/models', '/nowhere', '/api/swap/none-such-swap'])(
  '%s may load and be framed by nothing foreign, also as an error',
  async (path) => {
    const { headers } = await api.ask(path)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  },
)
