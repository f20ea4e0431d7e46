import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contendInLoop, contendInRounds } from '../../bench/contention.ts'
import { httpCaller, type LockCaller } from '../../bench/lock-caller.ts'

/** A lock over HTTP that can be told to be wrong: it lets so many in at once, and fails so many times. */
const lock = { room: 1, holders: new Set<string>(), failuresLeft: 0, granted: 0 }
let server: Server
let callers: LockCaller[]

beforeEach(async () => {
  Object.assign(lock, { room: 1, holders: new Set<string>(), failuresLeft: 0, granted: 0 })
  server = createServer((request, response) => {
    const answer = (status: number, json: object): void =>
      void response.writeHead(status, { 'content-length': JSON.stringify(json).length }).end(JSON.stringify(json))
    request.resume().on('end', () => {
      if (lock.failuresLeft > 0) {
        lock.failuresLeft -= 1
        return answer(503, { code: 'worker_down' })
      }
      if (request.method === 'DELETE') return answer(lock.holders.delete(String(request.headers['x-swap-lock-token'])) ? 200 : 409, { released: 1 })
      if (lock.holders.size >= lock.room) return answer(423, { code: 'reserved' })
      lock.granted += 1
      lock.holders.add(`token-${lock.granted}`)
      answer(201, { token: `token-${lock.granted}` })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  callers = await Promise.all(Array.from({ length: 8 }, (_, i) => httpCaller(port, `caller-${i}`)))
})

afterEach(async () => {
  for (const caller of callers) caller.close()
  server.close()
  await once(server, 'close')
})

test('a lock that grants to one a round shows no wrong round, and one latency for each caller and round', async () => {
  const seen = await contendInRounds(callers, 10)
  expect(seen).toMatchObject({ grants: 10, wrongRounds: 0, failures: [] })
  expect(seen.latencies_ms).toHaveLength(80)
})

test('a lock that lets two in is seen in every round', async () => {
  lock.room = 2
  expect(await contendInRounds(callers, 10)).toMatchObject({ grants: 20, wrongRounds: 10 })
})

test('an answer that is neither a grant nor a refusal is a failure and never a round won', async () => {
  lock.failuresLeft = 8
  const seen = await contendInRounds(callers, 1)
  expect(seen).toMatchObject({ grants: 0, wrongRounds: 1 })
  expect(seen.failures).toHaveLength(8)
  expect(seen.failures[0]).toContain('503')
})

test('in the loop every winner gives the lock back, and a release counts as an operation', async () => {
  const seen = await contendInLoop(callers, { operations: 500, limit_s: 20 })
  expect(seen.failures).toEqual([])
  expect(lock.holders.size).toBe(0)
  expect(seen.latencies_ms.length).toBeGreaterThanOrEqual(500)
})
