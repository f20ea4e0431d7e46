import { expect, test } from 'vitest'
import { webhookEventTypes, type WebhookEvent } from '../../../domain/events.ts'
import { bodyOf } from '../../../domain/webhooks/body.ts'
import { webhookEventsSchema } from '../../../domain/webhooks/event-schema.ts'

const event: WebhookEvent = {
  id: 'evt_1',
  type: 'swap_failed',
  timestamp: '2026-11-20T22:00:00.000Z',
  data: { swap_id: 's1', holder: null, fence: 7 },
}

test('a body is the event, the same bytes each time', () => {
  expect(JSON.parse(bodyOf(event))).toEqual(event)
  expect(bodyOf(event)).toBe(bodyOf(structuredClone(event)))
})

test('a body stays below 20 kB, whatever the data: what is short stays, and it says that something is missing', () => {
  const large = { ...event, data: { ...event.data, log: 'ä'.repeat(15_000), list: Array.from({ length: 9_000 }, (_, i) => i) } }
  const body = bodyOf(large)
  expect(Buffer.byteLength(body)).toBeLessThan(20_000)
  expect(JSON.parse(body)).toEqual({ ...event, data: { swap_id: 's1', holder: null, fence: 7, truncated: true } })
  const many = { ...event, data: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${String(i)}`, 'x'.repeat(200)])) }
  expect(Buffer.byteLength(bodyOf(many))).toBeLessThan(20_000)
})

test('every type that webhooks are sent has its shape in the schema', () => {
  const text = JSON.stringify(webhookEventsSchema())
  for (const type of webhookEventTypes) expect(text).toContain(`"const":"${type}"`)
})
