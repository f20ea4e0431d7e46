import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkWhen, dueTimes, isRefused, nextTimes, planOf, type When } from '../../../domain/scheduling/when.ts'

const at = Date.parse
const iso = (ms: number): string => new Date(ms).toISOString()
const due = (when: Partial<When>, from: string, count: number): string[] =>
  nextTimes(planOf({ timezone: 'UTC', ...when }, at('2026-01-01T00:00:00Z')), at(from), count).map((time) => iso(time).slice(0, 16))

test.each<[string, string, string[]]>([
  ['0 3 * * *', '2026-01-01T03:00:00Z', ['2026-01-02T03:00', '2026-01-03T03:00']],
  ['@hourly', '2026-01-01T03:00:01Z', ['2026-01-01T04:00', '2026-01-01T05:00']],
  ['@midnight', '2026-01-01T03:00:01Z', ['2026-01-02T00:00', '2026-01-03T00:00']],
  ['@weekly', '2026-01-01T00:00:00Z', ['2026-01-04T00:00', '2026-01-11T00:00']],
  ['@monthly', '2026-01-01T00:00:00Z', ['2026-02-01T00:00', '2026-03-01T00:00']],
  ['@Annually', '2026-01-01T00:00:00Z', ['2027-01-01T00:00', '2028-01-01T00:00']],
  ['*/20 9-10 * * *', '2026-01-01T09:30:00Z', ['2026-01-01T09:40', '2026-01-01T10:00', '2026-01-01T10:20', '2026-01-01T10:40', '2026-01-02T09:00']],
  ['5-50/15 0 * * *', '2026-01-01T00:00:00Z', ['2026-01-01T00:05', '2026-01-01T00:20', '2026-01-01T00:35', '2026-01-01T00:50']],
  ['0 0 * jan,MAR Mon', '2026-01-20T00:00:00Z', ['2026-01-26T00:00', '2026-03-02T00:00']],
  ['0 0 * * fri-sun', '2026-01-01T00:00:00Z', ['2026-01-02T00:00', '2026-01-03T00:00', '2026-01-04T00:00', '2026-01-09T00:00']],
  ['0 0 * * 7', '2026-01-01T00:00:00Z', ['2026-01-04T00:00']],
  ['0 0 29 2 *', '2026-01-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
  ['  0   3\t* * * ', '2026-01-01T00:00:00Z', ['2026-01-01T03:00']],
])('%s is read as crontab reads it', (cron, from, times) => {
  expect(due({ cron }, from, times.length)).toEqual(times)
})

describe('day of month and day of week', () => {
  const days = (cron: string): string[] => due({ cron }, '2026-01-01T12:00:00Z', 5).map((time) => time.slice(8, 10))
  test('both restricted: a day that fits either', () => expect(days('0 0 13 * fri')).toEqual(['02', '09', '13', '16', '23']))
  test('one of them *: a day that fits the other', () => expect(days('0 0 * * fri')).toEqual(['02', '09', '16', '23', '30']))
  test('one that begins with *, as */2 does, must fit as well', () => expect(days('0 0 */2 * fri')).toEqual(['09', '23', '13', '27', '13']))
})

test.each<[string, string]>([
  ['* * * * * *', 'no seconds'],
  ['0 3 * *', 'there are 4 fields'],
  ['60 * * * *', '60 is not between 0 and 59'],
  ['* 24 * * *', '24 is not between 0 and 23'],
  ['* * 0 * *', '0 is not between 1 and 31'],
  ['* * * 13 *', '13 is not between 1 and 12'],
  ['* * * * 8', '8 is not between 0 and 7'],
  ['* * * * funday', 'funday is no number'],
  ['5/15 * * * *', 'a step needs a range'],
  ['*/0 * * * *', '/0 is no step'],
  ['1-2-3 * * * *', 'is no range'],
  ['*/2/3 * * * *', 'two steps'],
  ['0 22-2 * * *', 'ends before it begins'],
  ['1,,2 * * * *', 'a number is missing'],
  ['0 0 L * *', 'l is no number'],
  ['0 0 ? * *', '? is no number'],
  ['@reboot', 'no time'],
  ['@every 5m', '@every is not known'],
  ['CRON_TZ=UTC 0 3 * * *', 'timezone'],
  ['constructor', 'fields'],
])('%s cannot be read, and it is said why', (cron, why) => {
  expect(checkWhen({ cron, timezone: 'UTC' }, 0)).toMatchObject({ code: 'cron_invalid', message: expect.stringContaining(why) })
})

test.each<[Partial<When>, string]>([
  [{ cron: '0 0 31 2 *' }, 'cron_never_fires'],
  [{ cron: '0 0 31 4,6,9,11 *' }, 'cron_never_fires'],
  [{ at: '2025-12-31T23:59:59Z' }, 'cron_never_fires'],
  [{ cron: '0 3 * * *', timezone: 'Mars/Olympus' }, 'unknown_timezone'],
  [{ cron: '0 3 * * *', timezone: '+02:00' }, 'unknown_timezone'],
  [{ every: '6h', timezone: 'Zurich' }, 'unknown_timezone'],
  [{ every: '9s' }, 'cron_invalid'],
  [{}, 'invalid_request'],
  [{ cron: '0 3 * * *', every: '6h' }, 'invalid_request'],
])('%o is refused as %s', (when, code) => {
  expect(checkWhen({ timezone: 'UTC', ...when }, at('2026-01-01T00:00:00Z'))).toMatchObject({ code })
})

test('every counts from the registration, whatever the clocks do', () => {
  expect(due({ every: '6h', timezone: 'Europe/Zurich' }, '2026-03-28T20:00:00Z', 3)).toEqual([
    '2026-03-29T00:00',
    '2026-03-29T06:00',
    '2026-03-29T12:00',
  ])
  const plan = planOf({ every: '10s', timezone: 'UTC' }, 5_000)
  expect(nextTimes(plan, 5_000, 2)).toEqual([15_000, 25_000])
  expect(nextTimes(plan, 0, 1)).toEqual([15_000])
  expect(plan.next(15_000)).toBe(25_000)
})

test('once comes due once', () => {
  expect(due({ at: '2026-05-01T10:00:00Z' }, '2026-01-01T00:00:00Z', 3)).toEqual(['2026-05-01T10:00'])
  expect(due({ at: '2026-05-01T10:00:00Z' }, '2026-05-01T10:00:00Z', 3)).toEqual([])
})

test.each<[Partial<When>, string]>([
  [{ cron: '0 3 * * *', timezone: 'Europe/Zurich' }, 'At 03:00, every day, Europe/Zurich'],
  [{ cron: '0 0 1 * mon' }, 'At 00:00, on day 1 of the month, or at 00:00, only on Monday, UTC'],
  [{ every: '6h' }, 'Every 6 hours'],
  [{ every: '1d' }, 'Every day'],
  [{ at: '2026-05-01T10:00:00Z', timezone: 'Europe/Zurich' }, 'Once, on 2026-05-01 12:00, Europe/Zurich'],
])('%o is said as %s', (when, words) => {
  expect(planOf({ timezone: 'UTC', ...when }, 0).words).toBe(words)
})

test('a registered plan whose zone this machine does not know never comes due, and says so', () => {
  const plan = planOf({ cron: '0 3 * * *', timezone: 'Mars/Olympus' }, 0)
  expect([plan.next(0), plan.words]).toEqual([null, expect.stringContaining('Mars/Olympus')])
})

/** One field in words that a person may write, with the test that they mean. */
function field(from: number, to: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: from, max: to })
  const range = fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 1, max: 7 })
  const part = fc.oneof(
    value.map(String),
    range,
    fc.tuple(range, step).map(([r, s]) => `${r}/${s}`),
    fc.tuple(fc.constant('*'), step).map(([, s]) => `*/${s}`),
  )
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(',')) },
  )
}

/** Whether a field means this value, by its text alone. */
const means = (text: string, value: number, from: number, to: number): boolean =>
  text.split(',').some((part) => {
    const [range = '', step = '1'] = part.split('/')
    const [low, high = low] = range === '*' ? [from, to] : range.split('-').map(Number)
    return value >= low! && value <= high! && (value - low!) % Number(step) === 0
  })

/** Cron as its manual says it, for one minute of UTC. */
function fires(cron: string, time: Date): boolean {
  const [minute = '', hour = '', dom = '', month = '', dow = ''] = cron.split(' ')
  if (!means(month, time.getUTCMonth() + 1, 1, 12)) return false
  const day = means(dom, time.getUTCDate(), 1, 31)
  const weekday = means(dow, time.getUTCDay(), 0, 6) || (time.getUTCDay() === 0 && !dow.startsWith('*') && means(dow, 7, 0, 7))
  if (!(dom.startsWith('*') || dow.startsWith('*') ? day && weekday : day || weekday)) return false
  return means(hour, time.getUTCHours(), 0, 23) && means(minute, time.getUTCMinutes(), 0, 59)
}

test('whatever is written, the due times are those of a look at every single minute', () => {
  const cron = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)).map((fields) => fields.join(' '))
  fc.assert(
    fc.property(cron, fc.integer({ min: 0, max: 3 * 365 }), (text, day) => {
      const from = at('2026-01-01T00:00:00Z') + day * 86_400_000 - 1
      const to = from + 3 * 86_400_000
      const looked: number[] = []
      for (let minute = from + 1; minute <= to; minute += 60_000) if (fires(text, new Date(minute))) looked.push(minute)
      const plan = checkWhen({ cron: text, timezone: 'UTC' }, from)
      expect(isRefused(plan) ? [] : dueTimes(plan, from, to, 10_000)).toEqual(looked)
    }),
    { numRuns: 100 },
  )
})
