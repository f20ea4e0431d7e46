import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { auditFileName } from '../../config/audit-files.ts'
import { auditLine } from '../../config/audit-line.ts'
import { AuditReader, everything, type AuditPlace, type Filter } from '../../config/audit-reader.ts'
import type { AuditEvent, EventType } from '../../domain/events.ts'
import { auditEventAt } from '../setup/audit-sample.ts'

let dir: string
let reader: AuditReader
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spark-audit-'))
  reader = new AuditReader(dir)
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** One file of the trail, as a worker leaves it. */
const file = (...events: AuditEvent[]): void => writeFileSync(join(dir, auditFileName(events[0]?.seq ?? 0)), events.map(auditLine).join(''))
const range = (from: number, to: number, more: Partial<AuditEvent> = {}) =>
  Array.from({ length: to - from + 1 }, (_, i) => auditEventAt(from + i, more))
const seqs = (events: readonly AuditEvent[]): number[] => events.map(({ seq }) => seq)
const only = (type: EventType): Filter => ({ words: [type], event: (event) => event.type === type })
const after = async (place: AuditPlace, limit = 1_000, filter = everything) => reader.after(place, limit, filter)

test('a trail that is not there is an empty one', async () => {
  rmSync(dir, { recursive: true })
  expect(await reader.newest(10, everything)).toEqual([])
  expect(await after(await reader.placeAt({ seq: 5 }))).toMatchObject({ events: [], more: false })
  expect(await after(await reader.end())).toMatchObject({ events: [], more: false })
})

test('the newest are found across files, as many as are asked for', async () => {
  file(...range(1, 5))
  file(...range(6, 8))
  file(...range(9, 10))
  expect(seqs(await reader.newest(4, everything))).toEqual([7, 8, 9, 10])
  expect(seqs(await reader.newest(100, everything))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('what is rare is found beyond the end of a large file', async () => {
  file(auditEventAt(1, { type: 'lock_forced' }), ...range(2, 400, { reason: 'x'.repeat(2_000) }))
  expect(seqs(await reader.newest(3, only('lock_forced')))).toEqual([1])
})

test('pages forward meet every event once, whatever their size', async () => {
  file(...range(1, 7))
  file(...range(8, 20, { reason: 'x'.repeat(50_000) }))
  for (const size of [1, 2, 3, 7, 100]) {
    const met: number[] = []
    let place = await reader.placeAt({ seq: 2 })
    for (let more = true; more;) {
      const page = await after(place, size)
      met.push(...seqs(page.events))
      ;({ place, more } = page)
    }
    expect(met).toEqual(seqs(range(3, 20)))
  }
})

test('since a time: nothing before it, from whichever file', async () => {
  const all = range(1, 12)
  file(...all.slice(0, 4))
  file(...all.slice(4, 8))
  file(...all.slice(8))
  for (const [i, { timestamp }] of all.entries()) {
    const time = Date.parse(timestamp)
    const { events } = await after(await reader.placeAt({ time }), 100, { words: null, event: (event) => Date.parse(event.timestamp) >= time })
    expect(seqs(events)).toEqual(seqs(all.slice(i)))
  }
})

test('from its end a reader meets what comes later, also in a file that is begun after', async () => {
  file(...range(1, 3))
  const end = await reader.end()
  expect((await after(end)).events).toEqual([])
  appendFileSync(join(dir, auditFileName(1)), auditLine(auditEventAt(4)))
  const first = await after(end)
  expect(seqs(first.events)).toEqual([4])
  file(...range(5, 6))
  expect(seqs((await after(first.place)).events)).toEqual([5, 6])
})

test('the end of a trail that is not there yet is before its first event', async () => {
  const end = await reader.end()
  file(...range(1, 2))
  expect(seqs((await after(end)).events)).toEqual([1, 2])
})

test('half a line waits until it is whole', async () => {
  file(...range(1, 2))
  const line = auditLine(auditEventAt(3))
  appendFileSync(join(dir, auditFileName(1)), line.slice(0, 30))
  const { events, place } = await after(await reader.placeAt({ seq: 0 }))
  expect(seqs(events)).toEqual([1, 2])
  appendFileSync(join(dir, auditFileName(1)), line.slice(30))
  expect(seqs((await after(place)).events)).toEqual([3])
})

test('a reader whose file is dropped goes on with the next', async () => {
  file(...range(1, 3))
  const { place } = await after(await reader.placeAt({ seq: 0 }), 2)
  file(...range(4, 6))
  rmSync(join(dir, auditFileName(1)))
  expect(seqs((await after(place)).events)).toEqual([4, 5, 6])
})

test('a line that stands twice is read once; what is no line is passed over', async () => {
  file(...range(1, 3), ...range(2, 3), ...range(4, 4))
  appendFileSync(
    join(dir, auditFileName(1)),
    `nonsense\n{"seq":5,"id":"x","type":"never_heard_of"}\n${'z'.repeat(600_000)}\n${auditLine(auditEventAt(6))}`,
  )
  expect(seqs(await reader.newest(10, everything))).toEqual([1, 2, 3, 4, 6])
  expect(seqs((await after(await reader.placeAt({ seq: 0 }))).events)).toEqual([1, 2, 3, 4, 6])
})
