import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { auditFileName } from '../../config/audit-files.ts'
import { auditLine } from '../../config/audit-line.ts'
import { configSource } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'
import type { AuditEvent } from '../../domain/events.ts'
import { eventsOf } from '../integration/event-stream.ts'
import { auditEventAt } from '../setup/audit-sample.ts'
import { ApiServer } from './api-server.ts'

let first: ApiServer
let second: ApiServer
let dir: string
beforeAll(async () => {
  first = await ApiServer.start() // no Temporal is there
  const env = { SPARK_DATA_DIR: join(first.configDir, '..') }
  second = await ApiServer.over(configSource(placesFrom(env), env), '127.0.0.1:1')
  dir = placesFrom(env).auditDir
})
afterAll(async () => {
  await second.close()
  await first.close()
  expect([...first.undeclared, ...second.undeclared]).toEqual([])
})

const append = (...events: AuditEvent[]): void => appendFileSync(join(dir, auditFileName(1)), events.map(auditLine).join(''))
/** Six events: released, and every third forced. */
const six = Array.from({ length: 6 }, (_, i) => auditEventAt(i + 1, (i + 1) % 3 === 0 ? { type: 'lock_forced' } : {}))
beforeEach(() => {
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, auditFileName(1)), '')
  append(...six)
})

const page = async (query: string): Promise<{ seqs: number[]; next: string | null }> => {
  const { status, json } = await first.ask(`/api/events${query}`)
  expect(status).toBe(200)
  return { seqs: (json.events as AuditEvent[]).map(({ seq }) => seq), next: json.next }
}

test('without `since` the newest come first; `next` goes on with what is newer', async () => {
  expect(await page('?limit=2')).toEqual({ seqs: [6, 5], next: '6' })
  append(auditEventAt(7))
  expect(await page('?since=6')).toEqual({ seqs: [7], next: '7' })
  expect(await page('?since=7')).toEqual({ seqs: [], next: '7' })
})

test('since a seq or a time, oldest first, page after page', async () => {
  expect(await page('?since=0&limit=4')).toEqual({ seqs: [1, 2, 3, 4], next: '4' })
  expect(await page('?since=4&limit=4')).toEqual({ seqs: [5, 6], next: '6' })
  expect(await page(`?since=${six[3]?.timestamp ?? ''}`)).toEqual({ seqs: [4, 5, 6], next: '6' })
  expect(await page(`?since=${encodeURIComponent('2026-02-25T07:13:24+01:00')}`)).toEqual({ seqs: [4, 5, 6], next: '6' })
})

test('types may be repeated or joined with commas', async () => {
  expect(await page('?type=lock_forced')).toEqual({ seqs: [6, 3], next: '6' })
  expect((await page('?type=lock_forced,lock_released&since=4')).seqs).toEqual([5, 6])
  expect((await page('?type=lock_forced&type=lock_released&since=4')).seqs).toEqual([5, 6])
  expect((await page('?type=swap_failed&since=0')).seqs).toEqual([])
})

test('an empty trail is an empty page', async () => {
  rmSync(dir, { recursive: true })
  expect(await page('')).toEqual({ seqs: [], next: null })
  expect(await page('?since=5')).toEqual({ seqs: [], next: '5' })
})

test.each([
  'type=never',
  'type=',
  'since=yesterday',
  'since=-1',
  'since=1e3',
  'since=2026-13-01T00:00:00Z',
  'limit=0',
  'limit=1001',
  'limit=many',
  'before=3',
])('?%s does not fit, and the answer names it', async (query) => {
  const { status, json } = await first.ask(`/api/events?${query}`)
  expect(status).toBe(422)
  expect(json).toMatchObject({
    code: 'invalid_request',
    errors: [{ field: expect.stringMatching(new RegExp(`^query ${query.split('=')[0] ?? ''}`)) }],
  })
})

test('a stream resumes after the last event that its reader has, from any API process', async () => {
  const upTo = (last: string) => ({ last: ({ id }: { id: string }) => id === last })
  const whole = await eventsOf(`${first.url}/api/events/stream`, { lastEventId: '0', ...upTo('6') })
  expect(whole.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(whole.map(({ data }) => data)).toEqual(six)
  expect(new Set(whole.map(({ event }) => event))).toEqual(new Set(['audit']))
  for (const { id } of whole.slice(0, -1)) {
    const rest = await eventsOf(`${second.url}/api/events/stream`, { lastEventId: id, ...upTo('6') })
    expect(rest.map((message) => message.id)).toEqual(whole.filter((one) => Number(one.id) > Number(id)).map((one) => one.id))
  }
})

test('a new reader gets what comes from now on, of the types that it wants', async () => {
  let told: Awaited<ReturnType<typeof eventsOf>> = []
  const following = eventsOf(`${first.url}/api/events/stream?type=lock_forced`, { last: () => true }).then((messages) => (told = messages))
  for (let seq = 100; told.length === 0; seq += 2) {
    append(auditEventAt(seq, { type: 'lock_released' }), auditEventAt(seq + 1, { type: 'lock_forced' }))
    await pause(50)
  }
  await following
  expect(told).toHaveLength(1)
  expect(told[0]?.data).toMatchObject({ type: 'lock_forced' })
  expect(Number(told[0]?.id)).toBeGreaterThan(100)
})

test('a last event id that is none of ours is refused', async () => {
  const { status } = await first.ask('/api/events/stream', { headers: { 'last-event-id': '12.7' } })
  expect(status).toBe(422)
})
