import { expect, test } from 'vitest'
import { lineOf, verdict, type Figure } from '../../bench/figure.ts'
import { median, percentile } from '../../bench/percentile.ts'
import { tableOf } from '../../bench/table.ts'

const figure = (more: Partial<Figure> = {}): Figure => ({ measure: 'P3', name: 'lock_p99_ms', value: 34, goal: { atMost: 50 }, ...more })

test('a figure is one line: measure, name, value, goal, verdict, and what it was compared with', () => {
  expect(lineOf(figure())).toBe('P3 lock_p99_ms 34 goal 50 ok')
  expect(lineOf(figure({ value: 51.26, note: '1.20 times the 42.7 of the bare Update' }))).toBe(
    'P3 lock_p99_ms 51.26 goal 50 short (1.20 times the 42.7 of the bare Update)',
  )
  expect(lineOf(figure({ name: 'first_start_s', value: 2.71828, goal: null }))).toBe('P3 first_start_s 2.718')
})

test('a goal is met at its very value, from below or from above as it says', () => {
  expect(verdict(figure({ value: 50 }))).toBe('ok')
  expect(verdict(figure({ value: 50.1 }))).toBe('short')
  expect(verdict(figure({ value: 1500, goal: { atLeast: 1500 } }))).toBe('ok')
  expect(verdict(figure({ value: 1499.9, goal: { atLeast: 1500 } }))).toBe('short')
})

test('a percentile is a value that was measured', () => {
  const values = [5, 1, 4, 2, 3]
  expect(median(values)).toBe(3)
  expect(percentile(values, 0.99)).toBe(5)
  expect(percentile([7], 0.01)).toBe(7)
  expect(() => median([])).toThrow(RangeError)
})

test('the closing table has a row for each figure, with which way its goal goes', () => {
  const lines = tableOf([figure(), figure({ name: 'lock_ops_per_s', value: 1912.4, goal: { atLeast: 1500 } })])
  expect(lines).toHaveLength(4)
  expect(lines[2]).toMatch(/^P3 +lock_p99_ms +34 +≤ 50 +ok$/)
  expect(lines[3]).toMatch(/^P3 +lock_ops_per_s +1912 +≥ 1500 +ok$/)
})
