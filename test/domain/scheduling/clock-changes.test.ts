import { expect, test } from 'vitest'
import { readCron } from '../../../domain/scheduling/cron.ts'
import { oddDays } from '../../../domain/scheduling/clock-changes.ts'
import { dueTimes, planOf } from '../../../domain/scheduling/when.ts'

const at = Date.parse
const due = (cron: string, timezone: string, from: string, to: string): string[] =>
  dueTimes(planOf({ cron, timezone }, at('2026-01-01T00:00:00Z')), at(from) - 1, at(to) - 1, 2_000).map((time) =>
    new Date(time).toISOString().slice(5, 16),
  )

/** The days on which clocks are changed in 2026, in UTC. */
const spring = {
  zurich: ['2026-03-28T23:00Z', '2026-03-29T22:00Z'],
  newYork: ['2026-03-08T05:00Z', '2026-03-09T04:00Z'],
  lordHowe: ['2026-10-03T13:30Z', '2026-10-04T13:00Z'],
} as const
const autumn = {
  zurich: ['2026-10-24T22:00Z', '2026-10-25T23:00Z'],
  newYork: ['2026-11-01T04:00Z', '2026-11-02T05:00Z'],
  lordHowe: ['2026-04-04T13:00Z', '2026-04-05T13:30Z'],
} as const

test.each<[string, string, readonly [string, string], string[]]>([
  // 02:00 becomes 03:00, at 01:00 UTC
  ['30 2 * * *', 'Europe/Zurich', spring.zurich, ['03-29T01:00']],
  ['0,30 2 * * *', 'Europe/Zurich', spring.zurich, ['03-29T01:00']],
  ['30 2,14 * * *', 'Europe/Zurich', spring.zurich, ['03-29T01:00', '03-29T12:30']],
  ['0-40/20 2,3 * * *', 'Europe/Zurich', spring.zurich, ['03-29T01:00', '03-29T01:20', '03-29T01:40']],
  // 02:00 becomes 03:00, at 07:00 UTC
  ['30 2 * * *', 'America/New_York', spring.newYork, ['03-08T07:00']],
  // 02:00 becomes 02:30, at 15:30 UTC of the day before
  ['15 2 * * *', 'Australia/Lord_Howe', spring.lordHowe, ['10-03T15:30']],
  ['30 2 * * *', 'Australia/Lord_Howe', spring.lordHowe, ['10-03T15:30']],
])('forward: %s in %s runs once, at the first moment after the gap', (cron, zone, [from, to], times) => {
  expect(due(cron, zone, from, to)).toEqual(times)
})

test.each<[string, string, readonly [string, string], string[]]>([
  // 03:00 becomes 02:00, at 01:00 UTC
  ['30 2 * * *', 'Europe/Zurich', autumn.zurich, ['10-25T00:30']],
  ['0,30 2 * * *', 'Europe/Zurich', autumn.zurich, ['10-25T00:00', '10-25T00:30']],
  // 02:00 becomes 01:00, at 06:00 UTC
  ['30 1 * * *', 'America/New_York', autumn.newYork, ['11-01T05:30']],
  // 02:00 becomes 01:30, at 15:00 UTC of the day before
  ['45 1 * * *', 'Australia/Lord_Howe', autumn.lordHowe, ['04-04T14:45']],
  ['15 1 * * *', 'Australia/Lord_Howe', autumn.lordHowe, ['04-04T14:15']],
])('back: %s in %s runs once, at the first of the two', (cron, zone, [from, to], times) => {
  expect(due(cron, zone, from, to)).toEqual(times)
})

test.each<[string, string, readonly [string, string], number]>([
  ['*/10 * * * *', 'Europe/Zurich', spring.zurich, 23 * 6],
  ['*/10 * * * *', 'Europe/Zurich', autumn.zurich, 25 * 6],
  ['0 * * * *', 'America/New_York', spring.newYork, 23],
  ['0 * * * *', 'America/New_York', autumn.newYork, 25],
  ['*/30 * * * *', 'Australia/Lord_Howe', spring.lordHowe, 47],
  ['*/30 * * * *', 'Australia/Lord_Howe', autumn.lordHowe, 49],
])('what follows the clock on the wall runs on: %s in %s from %o comes due %i times', (cron, zone, [from, to], times) => {
  expect(due(cron, zone, from, to)).toHaveLength(times)
})

test('days when clocks are changed are told to Temporal one by one, for plans near the change only', () => {
  const odd = (cron: string, timezone: string) => oddDays(readCron(cron), planOf({ cron, timezone }, 0), timezone, at('2026-01-01T00:00:00Z'))
  const night = odd('30 2 * * *', 'Europe/Zurich')
  expect(night.days.slice(0, 2)).toMatchObject([
    { year: 2026, month: 3, day: 29 },
    { year: 2026, month: 10, day: 25 },
  ])
  expect(night.days).toHaveLength(20) // ten years
  expect(night.times.slice(0, 2)).toEqual([at('2026-03-29T01:00:00Z'), at('2026-10-25T00:30:00Z')])
  for (const [cron, zone] of [
    ['0 22 * * *', 'Europe/Zurich'],
    ['30 2 * * *', 'UTC'],
    ['30 2 * * *', 'Asia/Kolkata'],
    ['* * * * *', 'Europe/Zurich'],
  ] as const)
    expect(odd(cron, zone).days).toEqual([])
})
