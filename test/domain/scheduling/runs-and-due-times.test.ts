import { describe, expect, test } from 'vitest'
import type { KeptRun, Registered } from '../../../domain/scheduling/command.ts'
import type { ScheduleBody } from '../../../domain/scheduling/schedule.ts'
import { dueTimeOf, missedTimes, standingOf } from '../../../domain/scheduling/standing.ts'
import { external, managed } from './bodies.ts'

const at = (time: string): number => Date.parse(`2026-01-05T${time}Z`)
const [second, minute] = [1_000, 60_000]

const registered = (body: ScheduleBody, more: Partial<Registered> = {}): Registered => ({
  ...{
    body,
    paused: false,
    createdAt: at('00:00:00'),
    updatedAt: at('00:00:00'),
    plannedSince: at('00:00:00'),
    runs: [],
    forgottenBefore: 0,
    revision: 1,
  },
  ...{ inTemporal: 1, ...more },
})
const run = (due: number | null, more: Partial<KeptRun> = {}): KeptRun => ({
  ...{ due, startedAt: due ?? 0, endedAt: due, state: 'ok', via: 'ping', swapId: null, key: null, detail: null, events: [] },
  ...more,
})
const nightly = registered(external({ cron: '0 3 * * *', grace_s: 600 }))

test.each<[string, string | null]>([
  ['03:00:00', '03:00:00'],
  ['03:09:59', '03:00:00'],
  ['03:10:00', '03:00:00'],
  ['03:10:01', null],
  ['02:55:00', '03:00:00'],
  ['02:54:59', null],
  ['12:00:00', null],
])('a run at %s belongs to the nightly due time of three: %s', (time, due) => {
  expect(dueTimeOf(nightly, at(time))).toBe(due === null ? null : at(due))
})

test('close together, a run before its time is early by a tenth of the time between at most', () => {
  const often = registered(external({ cron: '*/10 * * * *', grace_s: 60 }))
  expect(dueTimeOf(often, at('03:09:00'))).toBe(at('03:10:00'))
  expect(dueTimeOf(often, at('03:08:00'))).toBeNull()
})

test('the second run within one grace belongs to the next due time if it is near, else to the same', () => {
  const often = registered(external({ cron: '*/10 * * * *', grace_s: 599 }), { runs: [run(at('03:00:00'))] })
  expect(dueTimeOf(often, at('03:09:30'))).toBe(at('03:10:00'))
  expect(dueTimeOf(often, at('03:05:00'))).toBe(at('03:00:00'))
})

test('a plan of every ten seconds with a day of grace is looked at as fast as any', () => {
  expect(dueTimeOf(registered(external({ every: '10s', grace_s: 86_400 })), at('23:00:03'))).toBe(at('23:00:00'))
})

describe('missed', () => {
  const missed = (known: Registered, from: string, now: string, gaps: { from: number; to: number }[] = []) =>
    missedTimes(known, at(from), gaps, at(now))

  test('a due time is missed when its grace is over and nothing came', () => {
    expect(missed(nightly, '01:00:00', '03:10:00').missed).toEqual([])
    expect(missed(nightly, '01:00:00', '03:10:01')).toEqual({ missed: [{ due: at('03:00:00'), unseen: false }], judged: at('03:00:00') })
    expect(missed(nightly, '03:00:00', '03:10:01').missed).toEqual([])
  })

  test('not when a run of it is known, how ever it ended', () => {
    const came = { ...nightly, runs: [run(at('03:00:00'), { state: 'failed', startedAt: at('03:04:00') })] }
    expect(missed(came, '01:00:00', '04:00:00').missed).toEqual([])
  })

  test('not before it was planned so', () => {
    expect(missed({ ...nightly, plannedSince: at('03:00:01') }, '01:00:00', '04:00:00').missed).toEqual([])
  })

  test('not when so much has run since that it is forgotten', () => {
    expect(missed({ ...nightly, forgottenBefore: at('03:30:00') }, '01:00:00', '04:00:00').missed).toEqual([])
  })

  test('one that passed while nobody watched may have come unseen; of many such the last is told', () => {
    const often = registered(external({ cron: '*/5 * * * *', grace_s: 60 }))
    const gap = { from: at('03:02:00'), to: at('04:02:00') }
    expect(missed(often, '02:59:00', '04:06:30', [gap]).missed).toEqual([
      { due: at('03:00:00'), unseen: false },
      { due: at('04:00:00'), unseen: true },
      { due: at('04:05:00'), unseen: false },
    ])
  })

  test('a gap within its grace is enough not to know', () => {
    expect(missed(nightly, '01:00:00', '03:11:00', [{ from: at('03:04:00'), to: at('03:06:00') }]).missed).toEqual([
      { due: at('03:00:00'), unseen: true },
    ])
    expect(missed(nightly, '01:00:00', '03:11:00', [{ from: at('02:04:00'), to: at('02:06:00') }]).missed).toEqual([
      { due: at('03:00:00'), unseen: false },
    ])
  })
})

describe('standing', () => {
  const stands = (known: Registered, now: number, next: number | null = at('23:00:00')) => standingOf(known, next, now)
  const due = at('03:00:00')

  test('waiting until its time, then late, then missed; and waiting again after a run', () => {
    expect(stands(nightly, due - 1)).toBe('waiting')
    expect(stands(nightly, due + 10 * second)).toBe('waiting') // a cron needs a moment
    expect(stands(nightly, due + 31 * second)).toBe('late')
    expect(stands(nightly, due + 10 * minute)).toBe('late')
    expect(stands({ ...nightly, runs: [run(due, { state: 'missed' })] }, due + 11 * minute)).toBe('missed')
    expect(stands({ ...nightly, runs: [run(due)] }, due + 5 * minute)).toBe('waiting')
  })

  test('running and failed by its newest run', () => {
    const open = run(due, { state: 'running', endedAt: null })
    expect(stands({ ...nightly, runs: [open] }, due + minute)).toBe('running')
    expect(stands({ ...nightly, runs: [open] }, due + 25 * 60 * minute)).not.toBe('running') // a day later nobody knows
    expect(stands({ ...nightly, runs: [run(due, { state: 'failed' })] }, due + minute)).toBe('failed')
  })

  test('over when nothing comes any more, paused when it is', () => {
    const once = registered(external({ at: '2026-01-05T03:00:00Z' }), { runs: [run(due)] })
    expect(stands(once, due + 60 * minute, null)).toBe('over')
    expect(stands(registered(managed(), { paused: true }), due)).toBe('paused')
  })

  test('a managed one is never late: Temporal fires it', () => {
    expect(stands(registered(managed()), due + minute)).toBe('waiting')
  })
})
