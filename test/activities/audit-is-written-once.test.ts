import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AuditWriter } from '../../activities/outbox/audit-writer.ts'
import { auditFileName } from '../../config/audit-files.ts'
import { auditLine } from '../../config/audit-line.ts'
import { auditEventAt } from '../setup/audit-sample.ts'
import { auditLines } from '../setup/audit.ts'

const MB = 1024 * 1024
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spark-audit-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const writer = (maxBytes = 100 * MB): AuditWriter => new AuditWriter(dir, () => maxBytes)
const seqs = (): number[] => auditLines(dir).map(({ seq }) => seq)
const sizeOf = (name: string): number => statSync(join(dir, name)).size
const many = (from: number, count: number, bytes = 0) =>
  Array.from({ length: count }, (_, i) => auditEventAt(from + i, { reason: 'x'.repeat(bytes) }))

test('lines stand in order, in a file named after the first of them', () => {
  writer().append([auditEventAt(7), auditEventAt(9), auditEventAt(10)])
  expect(readdirSync(dir)).toEqual(['audit-0000000000000007.jsonl'])
  expect(auditLines(dir)).toEqual([auditEventAt(7), auditEventAt(9), auditEventAt(10)])
})

test('what is given again is not written again, by the same worker or by another', () => {
  const first = writer()
  first.append(many(1, 3))
  first.append(many(2, 3))
  writer().append(many(1, 5))
  first.append(many(3, 4))
  expect(seqs()).toEqual([1, 2, 3, 4, 5, 6])
})

test('a line that a crash left half-written is cut off, and the event is written whole', () => {
  writer().append(many(1, 2))
  appendFileSync(join(dir, auditFileName(1)), auditLine(auditEventAt(3)).slice(0, 40))
  writer().append(many(1, 4))
  expect(seqs()).toEqual([1, 2, 3, 4])
})

test('a file of which nothing but half a line was written begins anew', () => {
  writeFileSync(join(dir, auditFileName(5)), '{"seq":5,"id":"evt')
  writer().append([auditEventAt(5)])
  expect(auditLines(dir)).toEqual([auditEventAt(5)])
})

test('an empty newest file, begun on a full disk, does not hide what the one before it has', () => {
  writer().append(many(1, 3))
  writeFileSync(join(dir, auditFileName(4)), '')
  writer().append(many(1, 5))
  expect(seqs()).toEqual([1, 2, 3, 4, 5])
  expect(readdirSync(dir)).toHaveLength(2)
})

test('an arbiter whose clock was set back loses no event: they come after those that are there', () => {
  writer().append(many(1_000, 2))
  writer().append([auditEventAt(5, { id: 'evt_late' }), auditEventAt(6, { id: 'evt_later' })])
  writer().append([auditEventAt(5, { id: 'evt_late' })])
  expect(auditLines(dir).map(({ seq, id }) => [seq, id])).toEqual([
    [1_000, 'evt_1000'],
    [1_001, 'evt_1001'],
    [1_002, 'evt_late'],
    [1_003, 'evt_later'],
  ])
})

test('files are begun anew at about 5 MB, and a repeat across that border is still one', () => {
  const trail = writer()
  for (let at = 0; at < 1_200; at += 100) trail.append(many(at + 1, 100, 9_000))
  const files = readdirSync(dir).sort()
  expect(files).toHaveLength(3)
  for (const name of files) expect(sizeOf(name)).toBeLessThanOrEqual(5 * MB)
  const [, , third] = files
  const border = Number(/\d+/.exec(third ?? '')?.[0])
  writer().append(many(border - 5, 10, 9_000))
  expect(seqs()).toEqual(Array.from({ length: 1_200 }, (_, i) => i + 1))
})

test('beyond the limit the oldest file goes; what is left is whole and not above it', () => {
  const trail = writer(2 * MB)
  for (let at = 0; at < 1_000; at += 50) {
    trail.append(many(at + 1, 50, 9_000))
    const bytes = readdirSync(dir).reduce((sum, name) => sum + sizeOf(name), 0)
    expect(bytes).toBeLessThanOrEqual(2 * MB)
  }
  const left = seqs()
  expect(left.at(-1)).toBe(1_000)
  expect(left.length).toBeGreaterThan(100)
  expect(left).toEqual(left.map((_, i) => (left[0] ?? 0) + i))
})

test('on a full disk nothing is lost: the line is written when there is room again, and once', () => {
  const trail = writer()
  symlinkSync('/dev/full', join(dir, auditFileName(1)))
  expect(() => trail.append(many(1, 3))).toThrow(/ENOSPC/)
  rmSync(join(dir, auditFileName(1)))
  trail.append(many(1, 3))
  expect(seqs()).toEqual([1, 2, 3])
})

test('whoever may not read other people’s files does not read the trail', () => {
  writer().append([auditEventAt(1)])
  expect(statSync(join(dir, auditFileName(1))).mode & 0o077).toBe(0)
})

test('bytes that are no line are passed over, not repeated and not taken for the end', () => {
  writer().append(many(1, 2))
  appendFileSync(join(dir, auditFileName(1)), '\u0000\u0000 nonsense\n')
  writer().append(many(1, 3))
  expect(readFileSync(join(dir, auditFileName(1)), 'utf8').match(/"seq":\d/g)).toEqual(['"seq":1', '"seq":2', '"seq":3'])
})
