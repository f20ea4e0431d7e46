import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RingWriter } from '../../activities/telemetry/ring-writer.ts'
import { TelemetryRing } from '../../api/telemetry-ring.ts'
import { rfc3339 } from '../../domain/names.ts'
import { noFigures } from '../../domain/telemetry/figures.ts'
import { hourMs, hourOf, ringFileName, ringLine, type RingPoint } from '../../domain/telemetry/ring.ts'

let root: string
let dir: string
const log = pino({ level: 'silent' })
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spark-ring-'))
  dir = join(root, 'telemetry')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const point = (at: number, load_1: number): RingPoint => ({ host: 'spark-1', point: { ...noFigures, at: rfc3339(at), load_1 } })
async function write(...points: RingPoint[]): Promise<void> {
  const writer = new RingWriter(dir, log)
  for (const one of points) writer.add(one)
  await writer.end()
}
const loadsIn = async (ring: TelemetryRing, since = 0) => ((await ring.since(since)).get('spark-1') ?? []).map(({ load_1 }) => load_1)

test('what is written is read, goes on after a restart of either side, and a torn line takes no other with it', async () => {
  const now = Date.now()
  const ring = new TelemetryRing(dir)
  expect(await loadsIn(ring)).toEqual([])
  await write(point(now, 1))
  expect(await loadsIn(ring)).toEqual([1])
  const file = join(dir, ringFileName(hourOf(now), 'measured'))
  appendFileSync(file, ringLine(point(now + 1, 2)).slice(0, -20)) // its writer died in the middle
  expect(await loadsIn(ring)).toEqual([1])
  await write(point(now + 2, 3))
  expect(await loadsIn(ring)).toEqual([1, 3])
  expect(await loadsIn(new TelemetryRing(dir))).toEqual([1, 3])
})

test('readers that come at once read nothing twice, and only what is asked for is given', async () => {
  const now = Date.now()
  await write(...Array.from({ length: 50 }, (_, i) => point(now - 50 + i, i)))
  const ring = new TelemetryRing(dir)
  const reads = await Promise.all(Array.from({ length: 5 }, () => loadsIn(ring, now - 10)))
  for (const read of reads) expect(read).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49])
})

test('the writer keeps a day: older hours as minutes, and nothing from before', async () => {
  const now = Date.now()
  const hour = hourOf(now)
  mkdirSync(dir)
  const fill = (ago: number): void => {
    const lines = Array.from({ length: 720 }, (_, i) => ringLine(point((hour - ago) * hourMs + i * 5_000, ago)))
    writeFileSync(join(dir, ringFileName(hour - ago, 'measured')), lines.join(''))
  }
  for (const ago of [1, 2, 5, 30]) fill(ago)
  await write(point(now, 9))
  expect(readdirSync(dir).sort()).toEqual([
    ringFileName(hour - 5, 'minutes'),
    ringFileName(hour - 2, 'minutes'),
    ringFileName(hour - 1, 'measured'),
    ringFileName(hour, 'measured'),
  ])
  expect(
    readFileSync(join(dir, ringFileName(hour - 2, 'minutes')), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(60)
  const loads = await loadsIn(new TelemetryRing(dir))
  expect(loads).toHaveLength(60 + 60 + 720 + 1)
  expect(loads.at(-1)).toBe(9)
})

test('a directory that cannot be written loses nothing that could be written later, and never fails the monitor', async () => {
  writeFileSync(dir, 'no directory')
  const writer = new RingWriter(dir, log)
  writer.add(point(Date.now(), 1))
  await writer.flush()
  rmSync(dir)
  writer.add(point(Date.now() + 1, 2))
  await writer.end()
  expect(await loadsIn(new TelemetryRing(dir))).toEqual([1, 2])
})
