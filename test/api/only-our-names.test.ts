import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAllowedHost } from '../../api/middleware/host-allow-list.ts'
import { ApiServer } from './api-server.ts'

let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.start({ env: { ALLOWED_HOSTS: 'Spark.Example.org, other' } })
})
afterAll(() => api.close())

test.each([
  'localhost',
  'LOCALHOST:9999',
  'localhost.',
  '127.0.0.1:9999',
  '[::1]:9999',
  '192.168.1.20',
  'dgx',
  'dgx.local',
  'dgx.lan',
  'spark.example.org',
])('answers to %s', (host) => {
  expect(isAllowedHost(host, ['spark.example.org'], 'dgx.lan')).toBe(true)
})

test.each([
  undefined,
  '',
  'evil.example',
  'localhost.evil.example',
  'dgx.evil.example',
  '127.0.0.1.evil.example',
  'localhost@evil',
  'a b',
  '[::1',
  'x:1:2',
  '127.0.0.1:99999999',
])('does not answer to %s', (host) => {
  expect(isAllowedHost(host, ['spark.example.org'], 'dgx.lan')).toBe(false)
})

test.each([
  ['GET', '/healthz'],
  ['GET', '/'],
  ['GET', '/docs'],
  ['GET', '/assets/none'],
  ['POST', '/api/swap'],
  ['DELETE', '/api/swap/lock'],
  ['OPTIONS', '/nowhere'],
])('a foreign Host is refused on %s %s before anything else', async (method, path) => {
  const answer = await api.ask(path, { method, headers: { host: 'evil.example' } })
  expect(answer.status).toBe(421)
  expect(answer.json).toMatchObject({ code: 'host_not_allowed', status: 421 })
})

test('a forwarded name does not stand in for Host', async () => {
  expect((await api.ask('/healthz', { headers: { host: 'evil.example', 'x-forwarded-host': 'localhost' } })).status).toBe(421)
})

test('a name of ALLOWED_HOSTS is answered, whatever its case', async () => {
  expect((await api.ask('/healthz', { headers: { host: 'SPARK.example.org:80' } })).status).toBe(200)
})
