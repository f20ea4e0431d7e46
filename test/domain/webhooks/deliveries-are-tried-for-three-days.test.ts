import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  afterAttempt,
  asClosedDelivery,
  deliveryIdOf,
  deliveryWorkflowId,
  deliveryWorkflowOf,
  newDelivery,
  type AttemptReport,
  type DeliveryRequest,
} from '../../../domain/webhooks/delivery.ts'
import { afterFailure, hasFailedTooLong, nextPauseMs, pauses_s, readRetryAfter, type Failing } from '../../../domain/webhooks/retries.ts'

const hour_ms = 3_600_000
const plain = { chance: 0.5, scale: 1, retryAfterS: null }
const request: DeliveryRequest = {
  clusterId: 'home',
  webhookId: 'nuc',
  url: 'http://nuc.local/',
  event: { id: 'evt_1', type: 'swap_complete', timestamp: '2026-11-20T22:00:00.000Z', data: {} },
  createdAt: 0,
  redelivery: '',
}
const failedReport = (number: number, more: Partial<AttemptReport> = {}): AttemptReport => ({
  attempt: { number, at: '2026-11-20T22:00:00.000Z', status: 500, latency_ms: 1, response: '', error: 'status 500' },
  url: null,
  verdict: 'failed',
  reason: null,
  retryAfterS: null,
  scale: 1,
  ...more,
})

test('ten attempts over 75 hours and 35 minutes', () => {
  const pauses = pauses_s.map((_, made) => nextPauseMs(made, plain) ?? 0)
  expect(pauses.slice(0, 4)).toEqual([0, 5_000, 300_000, 1_800_000])
  expect(pauses.reduce((sum, pause) => sum + pause, 0)).toBe(75 * hour_ms + 35 * 60_000 + 5_000)
  expect(nextPauseMs(10, plain)).toBeNull()
})

test('a pause is at most a fifth shorter or longer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (made, chance) => {
      const pause = nextPauseMs(made, { ...plain, chance }) ?? 0
      const usual = (pauses_s[made] ?? 0) * 1000
      expect(pause).toBeGreaterThanOrEqual(usual * 0.8 - 1)
      expect(pause).toBeLessThanOrEqual(usual * 1.2 + 1)
    }),
  )
})

test('the receiver may ask for a longer pause, up to a day, and never for a shorter one', () => {
  expect(nextPauseMs(1, { ...plain, retryAfterS: 120 })).toBe(120_000)
  expect(nextPauseMs(1, { ...plain, retryAfterS: 1 })).toBe(5_000)
  expect(nextPauseMs(1, { ...plain, retryAfterS: 1e9 })).toBe(24 * hour_ms)
  expect(nextPauseMs(1, { chance: 0.5, scale: 0.001, retryAfterS: 3 })).toBe(3_000)
})

test.each([
  ['120', 120],
  ['0', 0],
  [' 7 ', 7],
  ['Fri, 20 Nov 2026 22:02:00 GMT', 120],
  ['Fri, 20 Nov 2026 21:00:00 GMT', 0],
  ['soon', null],
  ['-5', null],
  ['1.5', null],
  ['99999999999', null],
  ['2026', 2026],
  [undefined, null],
])('Retry-After %j asks for %j seconds', (header, seconds) => {
  expect(readRetryAfter(header, Date.parse('2026-11-20T22:00:00Z'))).toBe(seconds)
})

test('a delivery ends as delivered at the first success, as failed after its last attempt', () => {
  let delivery = newDelivery(request)
  for (let number = 1; number < 10; number++) {
    const next = afterAttempt(delivery, failedReport(number), 1_000, 0.5)
    expect(next.delivery.state).toBe('pending')
    expect(Date.parse(next.delivery.next_attempt_at ?? '')).toBe(1_000 + (next.pauseMs ?? 0))
    delivery = next.delivery
  }
  expect(afterAttempt(delivery, failedReport(10), 2_000, 0.5)).toMatchObject({ pauseMs: null, delivery: { state: 'failed', next_attempt_at: null } })
  const success = failedReport(10, { verdict: 'delivered' })
  expect(afterAttempt(delivery, success, 2_000, 0.5)).toMatchObject({
    pauseMs: null,
    delivery: { state: 'delivered', ended_at: '1970-01-01T00:00:02.000Z' },
  })
})

test('a delivery to an endpoint that is gone or off is dropped, without an attempt', () => {
  const gone = failedReport(1, { attempt: null, verdict: 'gone' })
  expect(afterAttempt(newDelivery(request), gone, 0, 0.5).delivery).toMatchObject({ state: 'dropped', attempts: [] })
})

test('a delivery that found no room steps aside for some seconds, and has used up no attempt', () => {
  const next = afterAttempt(newDelivery(request), failedReport(1, { attempt: null, verdict: 'busy' }), 0, 0.5)
  expect(next).toMatchObject({ pauseMs: 10_000, delivery: { state: 'pending', attempts: [], next_attempt_at: '1970-01-01T00:00:10.000Z' } })
})

test('a ping is tried once', () => {
  const ping = newDelivery({ ...request, event: { ...request.event, type: 'ping' } })
  expect(afterAttempt(ping, failedReport(1), 0, 0.5)).toMatchObject({ pauseMs: null, delivery: { state: 'failed' } })
})

test('a record that was left open by a workflow ended by hand is closed by its readers', () => {
  const open = newDelivery(request)
  expect(asClosedDelivery(open, 'RUNNING', null)).toBe(open)
  expect(asClosedDelivery(open, 'TERMINATED', 5_000)).toMatchObject({ state: 'dropped', next_attempt_at: null, ended_at: '1970-01-01T00:00:05.000Z' })
})

test.each([
  ['nuc', 'evt_0b1c2d3e-x_ended', ''],
  ['nuc', 'evt_0b1c2d3e-x_ended', 'a1b2c3d4'],
  ['nuc-2', 'evt_schedule.nightly:2026-11-20T22:00:00Z', ''],
])('the id of a delivery of %s, %s, %j leads back to its workflow', (webhook, event, redelivery) => {
  const id = deliveryIdOf(webhook, event, redelivery)
  expect(deliveryWorkflowOf('home', id)).toBe(deliveryWorkflowId('home', webhook, event, redelivery))
})

test.each(['', 'nuc', '.evt', 'NUC.evt', "x'y.evt", 'nuc.evt~~x', 'nuc.evt~X', `nuc.${'x'.repeat(301)}`])('%j is the id of no delivery', (id) => {
  expect(deliveryWorkflowOf('home', id)).toBeNull()
})

test('an endpoint is switched off when it failed for more than five days, often, and without a success between', () => {
  const fail = (times: number, over_ms: number): [Failing, number] => {
    let failing: Failing | null = null
    for (let i = 0; i < times; i++) failing = afterFailure(failing, (i * over_ms) / (times - 1))
    return [failing ?? { since: 0, attempts: 0 }, over_ms]
  }
  expect(hasFailedTooLong(...fail(12, 6 * 24 * hour_ms))).toMatch(/5 days, 12 attempts/)
  expect(hasFailedTooLong(...fail(12, 4 * 24 * hour_ms))).toBeNull()
  expect(hasFailedTooLong(...fail(2, 60 * 24 * hour_ms))).toBeNull()
})
