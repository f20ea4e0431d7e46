import { expect, test } from 'vitest'
import type { Registered } from '../../../domain/scheduling/command.ts'
import { conflictsAhead, mostConflicts, type Surroundings } from '../../../domain/scheduling/conflicts.ts'
import type { ScheduleBody } from '../../../domain/scheduling/schedule.ts'
import { planOf, type Plan } from '../../../domain/scheduling/when.ts'
import { external, managed } from './bodies.ts'

const now = Date.parse('2026-01-05T12:00:00Z') // a Monday
const around: Surroundings = {
  reservations: [],
  placementOf: (model) => ({ 'qwen3-30b': ['spark-1'], 'gpt-oss-120b': ['spark-1', 'spark-2'] })[model] ?? null,
  usualS: (model) => (model === 'gpt-oss-120b' ? 1_800 : null),
}
const registered = (body: ScheduleBody, more: Partial<Registered> = {}): Registered => ({
  ...{ body, paused: false, createdAt: now, updatedAt: now, plannedSince: now, runs: [], forgottenBefore: 0, revision: 1, inTemporal: 1, ...more },
})
const ahead = (bodies: ScheduleBody[], more: Partial<Surroundings> = {}) =>
  conflictsAhead(
    bodies.map((body) => registered(body)),
    { ...around, ...more },
    now,
  )

test('two that want the same host at the same time collide, once a pair, at the first time', () => {
  const found = ahead([
    external({ id: 'a', cron: '0 3 * * *', hosts: ['spark-1'] }),
    external({ id: 'b', cron: '0 3 * * 3', hosts: ['spark-1', 'spark-2'] }),
  ])
  expect(found).toEqual([
    { at: '2026-01-07T03:00:00.000Z', hosts: ['spark-1'], between: ['a', 'b'], words: 'a and b begin at the same time on spark-1' },
  ])
})

test('one that begins while the other usually still runs collides with it', () => {
  const [found] = ahead([
    external({ id: 'long', cron: '0 3 * * *', hosts: ['spark-1'], expected_s: 3_601 }),
    external({ id: 'b', cron: '0 4 * * *', hosts: ['spark-1'] }),
  ])
  expect(found).toMatchObject({
    at: '2026-01-06T04:00:00.000Z',
    between: ['long', 'b'],
    words: expect.stringContaining('b begins while long still needs spark-1'),
  })
})

test('one after the other, or on other hosts, is no collision', () => {
  expect(
    ahead([
      external({ id: 'a', cron: '0 3 * * *', hosts: ['spark-1'], expected_s: 3_600 }),
      external({ id: 'b', cron: '0 4 * * *', hosts: ['spark-1'] }),
    ]),
  ).toEqual([])
  expect(ahead([external({ id: 'a', hosts: ['spark-1'] }), external({ id: 'b', hosts: ['spark-2'] })])).toEqual([])
})

test('hosts come from the model where none are named, and so does the time that it takes', () => {
  const [found] = ahead([external({ id: 'big', cron: '0 3 * * *', model: 'gpt-oss-120b' }), managed({ id: 'small', cron: '29 3 * * *' })])
  expect(found).toMatchObject({ hosts: ['spark-1'], between: ['big', 'small'] })
  expect(ahead([external({ id: 'big', cron: '0 3 * * *', model: 'gpt-oss-120b' }), managed({ id: 'small', cron: '30 3 * * *' })])).toEqual([])
})

test('those whose hosts nobody knows, that change nothing, or that are paused are left out', () => {
  const other = external({ id: 'other', hosts: ['spark-1'] })
  expect(ahead([other, external({ id: 'who-knows' })])).toEqual([])
  expect(ahead([other, external({ id: 'gone', model: 'not-in-the-catalog' })])).toEqual([])
  expect(ahead([other, managed({ id: 'sweep', action: { type: 'health_sweep', hosts: ['spark-1'] } })])).toEqual([])
  expect(conflictsAhead([registered(other), registered(managed(), { paused: true })], around, now)).toEqual([])
})

test('a reservation that is still held when a schedule comes due collides with it', () => {
  const held = { holder: 'Ada', hosts: ['spark-1'], expiresAt: Date.parse('2026-01-06T03:00:01Z') }
  expect(ahead([external({ id: 'a', hosts: ['spark-1'] })], { reservations: [held] })).toMatchObject([
    {
      at: '2026-01-06T03:00:00.000Z',
      between: ['lock of Ada', 'a'],
      words: expect.stringContaining('a begins while lock of Ada holds spark-1, until 2026-01-06T03:00:01'),
    },
  ])
  expect(ahead([external({ id: 'a', hosts: ['spark-1'] })], { reservations: [{ ...held, expiresAt: Date.parse('2026-01-06T03:00:00Z') }] })).toEqual(
    [],
  )
})

test('only the next seven days count', () => {
  const later = external({ id: 'a', cron: '0 3 13 1 *', hosts: ['spark-1'] })
  expect(ahead([later, external({ id: 'b', cron: '0 3 13 * *', hosts: ['spark-1'] })])).toEqual([])
})

test.each([
  ['at different times', (i: number) => `${i % 60} ${Math.floor(i / 60) % 24} * * *`],
  ['every minute', () => '* * * * *'],
  ['all at three', () => '0 3 * * *'],
])('a thousand schedules %s cost a bounded number of looks, and no more than fifty are told', (_what, cron) => {
  let looks = 0
  const counted = (one: Registered): Plan => {
    const plan = planOf(one.body, one.createdAt)
    return { ...plan, next: (after) => ((looks += 1), plan.next(after)) }
  }
  const bodies = Array.from({ length: 1_000 }, (_, i) => external({ id: `cron-${i}`, cron: cron(i), hosts: [`spark-${i % 2}`] }))
  const found = ahead(bodies, { planOf: counted })
  expect(found).toHaveLength(mostConflicts)
  expect(new Set(found.map(({ between }) => between.join()))).toHaveProperty('size', mostConflicts)
  expect(looks).toBeLessThanOrEqual(12_000)
})
