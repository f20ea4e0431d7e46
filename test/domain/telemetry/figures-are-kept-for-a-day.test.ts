import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rfc3339 } from '../../../domain/names.ts'
import { noFigures } from '../../../domain/telemetry/figures.ts'
import { hourMs, hourOf, readRingLine, ringFileName, ringFiles, ringLine, thinned, tidying } from '../../../domain/telemetry/ring.ts'
import { inSteps, stepFor } from '../../../domain/telemetry/steps.ts'
import { mostPoints, type TelemetryPoint } from '../../../domain/telemetry/telemetry.ts'

const now = Date.parse('2026-11-24T12:34:56.000Z')
const point = (at: number, more: Partial<TelemetryPoint> = {}): TelemetryPoint => ({ ...noFigures, at: rfc3339(at), ...more })

test('a step has the means of what was measured in it; what was never told stays null', () => {
  const start = Math.floor(now / 60_000) * 60_000
  const points = [
    point(start, { gpu_power_w: 10, load_1: 1 }),
    point(start + 5_000, { gpu_power_w: null, load_1: 2 }),
    point(start + 59_999, { gpu_power_w: 20, load_1: 6 }),
    point(start + 60_000, { load_1: 9 }),
  ]
  expect(inSteps(points, start, 60)).toEqual([
    { ...noFigures, at: rfc3339(start), gpu_power_w: 15, load_1: 3 },
    { ...noFigures, at: rfc3339(start + 60_000), load_1: 9 },
  ])
})

test('an answer has never more points than it may, whatever step is asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 * 86_400_000 }), fc.option(fc.integer({ min: 1, max: 86_400 })), (span, asked) => {
      const step = stepFor(now - span, now, asked)
      const points = Array.from({ length: 50 }, (_, i) => point(now - span + (span * i) / 50))
      expect(span / 1000 / step + 1).toBeLessThanOrEqual(mostPoints)
      expect(inSteps(points, now - span, step).length).toBeLessThanOrEqual(mostPoints)
      if (asked !== null) expect(step).toBeGreaterThanOrEqual(asked)
    }),
  )
})

test('a line of the ring is read as it was written; a torn one is none', () => {
  const line = ringLine({ host: 'spark-1', point: point(now, { load_1: 0.5, gpu_power_w: 0 }) })
  expect(readRingLine(line)).toEqual({ host: 'spark-1', point: point(now, { load_1: 0.5, gpu_power_w: 0 }) })
  for (let end = 0; end < line.length - 2; end++) expect(readRingLine(line.slice(0, end))).toBeNull()
})

test('nothing that a file holds breaks the reader', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(() => readRingLine(text)).not.toThrow()
      expect(() => thinned(text)).not.toThrow()
    }),
  )
})

test('hours that are over for an hour become minutes, those of yesterday go, and a file of a time to come as well', () => {
  const hour = hourOf(now)
  const name = (ago: number, kind: 'measured' | 'minutes' = 'measured'): string => ringFileName(hour - ago, kind)
  const names = ['notes.txt', name(0), name(1), name(2), name(3), name(3, 'minutes'), name(24, 'minutes'), name(25, 'minutes'), name(-5)]
  const { drop, thin } = tidying(names, now)
  expect(thin.map((file) => file.name)).toEqual([name(2)])
  expect([...drop].sort()).toEqual([name(25, 'minutes'), name(-5), name(3)].sort())
})

test('an hour that is there in both kinds is read once', () => {
  const hour = hourOf(now)
  const [measured, minutes] = [ringFileName(hour, 'measured'), ringFileName(hour, 'minutes')]
  expect(ringFiles([measured, minutes, ringFileName(hour - 1, 'measured')]).map(({ name }) => name)).toEqual([
    ringFileName(hour - 1, 'measured'),
    minutes,
  ])
})

test('an hour of five-second points becomes sixty of each host', () => {
  const start = hourOf(now) * hourMs
  const text = Array.from({ length: 720 }, (_, i) =>
    ['spark-1', 'spark-2'].map((host) => ringLine({ host, point: point(start + i * 5_000, { load_1: i % 12 }) })).join(''),
  ).join('torn{\n')
  const lines = thinned(text).trim().split('\n').map(readRingLine)
  expect(lines).toHaveLength(120)
  expect(lines.every((line) => line?.point.load_1 === 5.5)).toBe(true)
})
