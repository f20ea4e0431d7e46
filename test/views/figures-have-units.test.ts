import { expect, test } from 'vitest'
import { usualPhaseMs, usualSwapMs } from '../../views/expected.ts'
import { celsius, gib, gibOfBytes, percent, watts } from '../../views/quantity.ts'
import { duration, took } from '../../views/time.ts'
import { ago, ended } from './fixtures.ts'

test('what nobody knows is n/a, never nothing and never zero', () => {
  for (const show of [gib, gibOfBytes, percent, celsius, watts]) expect(show(null)).toBe('n/a')
})

test('figures carry their unit and no more digits than one reads', () => {
  expect(gibOfBytes(119.7 * 2 ** 30)).toBe('120 GiB')
  expect(gibOfBytes(4.25 * 2 ** 30)).toBe('4.3 GiB')
  expect(gib(62)).toBe('62 GiB')
  expect([percent(0), celsius(41.4), watts(11.36), watts(140)]).toEqual(['0 %', '41 °C', '11.4 W', '140 W'])
})

test.each([
  [0, '0.0 s'],
  [4_240, '4.2 s'],
  [59_600, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [4_200_000, '1 h 10 min'],
  [-5, '0.0 s'],
])('%d ms are said as %s', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

test('how long something took is unknown until it has ended', () => {
  expect(took(ago(10), null)).toBeNull()
  expect(took(ago(65), ago(5))).toBe('1 min 00 s')
})

test('the usual time is the median of the swaps of that model that completed', () => {
  const run = (s: number, more = {}) =>
    ended('completed', {
      requested_at: ago(s),
      phases: [{ name: 'launch', state: 'done', started_at: ago(s), ended_at: ago(5), detail: null }],
      ...more,
    })
  const recent = [run(15), run(25), run(1005), run(2, { model: 'other' }), ended('restored')]
  expect(usualSwapMs('qwen3-30b', recent)).toBe(20_000)
  expect(usualPhaseMs('qwen3-30b', 'launch', recent)).toBe(20_000)
  expect(usualPhaseMs('qwen3-30b', 'warm', recent)).toBeNull()
  expect(usualSwapMs('never-seen', recent)).toBeNull()
})
