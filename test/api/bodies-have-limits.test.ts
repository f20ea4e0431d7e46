import { connect } from 'node:net'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiServer } from './api-server.ts'

let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.start()
})
afterAll(() => api.close())

const kB = 1024

/** Bytes on the wire, and all that comes back until the server closes. */
async function raw(...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect(api.port, '127.0.0.1')
  await once(socket, 'connect')
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString()))
  socket.on('error', () => undefined) // the server may close while we still write: what it said before counts
  for (const part of parts) socket.write(part)
  await once(socket, 'close')
  return answer
}

test('64 kB are read, one byte more is refused', async () => {
  const padded = (size: number): string => JSON.stringify({ model: 'none-such' }).padEnd(size)
  expect((await api.post('/api/swap', padded(64 * kB))).json).toMatchObject({ code: 'unknown_model' })
  expect((await api.post('/api/swap', padded(64 * kB + 1))).json).toMatchObject({ status: 413, code: 'body_too_large' })
})

test('a length that is announced too large is refused before anything is sent, and the connection is closed', async () => {
  const answer = await raw(`POST /api/swap HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  expect(answer).toMatch(/^connection: close\r$/im)
})

test('a body without a length is counted as it streams, and the connection is closed', async () => {
  const chunk = Buffer.alloc(16 * kB, 0x20)
  const head = `POST /api/swap HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
  const framed = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
  const answer = await raw(head, ...Array.from({ length: 5 }, () => framed))
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  expect(answer).toMatch(/^connection: close\r$/im)
})

test('the limit also holds where no body is wanted', async () => {
  expect((await api.ask('/api/models', { body: 'x'.repeat(65 * kB) })).status).toBe(413)
})

test.each([
  ['no JSON', 'model=x'],
  ['half of JSON', '{"model":'],
  ['two values', '{"model":null}{}'],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
])('%s is 400', async (_what, body) => {
  expect((await api.ask('/api/swap', { method: 'POST', body })).json).toMatchObject({ status: 400, code: 'bad_json' })
})

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  'application/jsonx',
  '',
])('a body that calls itself %s is 415', async (type) => {
  expect((await api.post('/api/swap', { model: null }, { 'content-type': type })).json).toMatchObject({ status: 415, code: 'wrong_content_type' })
})

test('a compressed body is 415: what it would grow to is not ours to find out', async () => {
  const answer = await api.ask('/api/swap', { method: 'POST', body: gzipSync('{}'), headers: { 'content-encoding': 'gzip' } })
  expect(answer.json).toMatchObject({ status: 415, code: 'wrong_content_type' })
})

test('a client that goes away in the middle of its body harms nobody', async () => {
  const socket = connect(api.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`POST /api/swap HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"mod`)
  socket.destroy()
  expect((await api.ask('/healthz')).status).toBe(200)
})
