import { expect, test } from 'vitest'
import { EventType, eventTypes, webhookEventTypes } from '../../domain/events.ts'
import { eventGroups, typesOf } from '../../views/audit/event-words.ts'
import { auditRegions, type AuditData } from '../../views/audit/regions.ts'
import { deliveryDialog } from '../../views/dialogs/webhooks/delivery.ts'
import { webhookAdded, webhookDialog } from '../../views/dialogs/webhooks/endpoint.ts'
import { webhookRegions, type WebhooksData } from '../../views/webhooks/regions.ts'
import { attempt, auditEvent, delivery, someDeliveries, someEvents, someWebhooks, webhook } from './coordination-fixtures.ts'
import { status } from './fixtures.ts'
import { tag, text } from './reading.ts'

const webhooks = (more: Partial<WebhooksData> = {}) =>
  webhookRegions({
    status: status(),
    webhooks: { known: true, value: someWebhooks() },
    deliveries: { known: true, value: { deliveries: someDeliveries(), next: null } },
    only: null,
    before: null,
    ...more,
  })
const audit = (more: Partial<AuditData> = {}) =>
  auditRegions({
    status: status(),
    page: { known: true, value: { events: someEvents(), next: null } },
    type: '',
    since: null,
    origin: 'http://spark',
    ...more,
  })

test('an endpoint says whether it is on, whether it gets through, what it is sent, and where it is defined', () => {
  const shown = text(webhooks()['endpoints']!)
  expect(shown).toContain('delivering Home Assistant http://192.168.1.20:8123/api/webhook/spark swap_complete, swap_failed')
  expect(shown).toContain('failing n8n http://n8n.lan:5678/webhook/spark all events defined in cluster.yaml')
  expect(shown).toContain('switched off gone https://old.example/hook')
  expect(shown).toContain('it answered 410 Gone. Mend the receiver, then switch it on again.')
  expect(shown).toContain('off Quiet')
})

test('an endpoint of a file keeps its buttons, with the reason why they do nothing', () => {
  const markup = webhooks()['endpoints']!
  expect(tag(markup, 'edit-from-file')).toMatch(/disabled.*aria-describedby="webhook-from-file-reason"/s)
  expect(tag(markup, 'test-from-file')).not.toContain('disabled')
  expect(text(markup)).toContain('It is defined in cluster.yaml: change it there.')
})

test('a delivery says how often it was tried, what it got, and when it is tried again', () => {
  const shown = text(webhooks()['deliveries']!)
  expect(shown).toContain('failing, tried again Swap failed to n8n 2026-11-24 04:58:59 UTC 2 attempts 502 12 ms next 2026-11-24 05:05 UTC')
  expect(shown).toContain('delivered Swap completed to Home Assistant 2026-11-24 04:58:59 UTC 1 attempt 200 42 ms')
})

test('each attempt is kept with status, time, the first of its answer, and its error', () => {
  const dialog = deliveryDialog(
    delivery('d', {
      state: 'failed',
      attempts: [attempt({ status: null, error: 'timeout', latency_ms: 15_000 }), attempt({ status: 302, error: 'redirect' })],
    }),
    status(),
  )
  expect(text(dialog)).toContain('timeout 2026-11-24 04:59:00 UTC, 15.0 s {&quot;ok&quot;:true} 302: redirect')
  expect(tag(dialog, 'redeliver')).not.toContain('disabled')
})

test('a delivery that is under way asks again by itself, one that has ended does not', () => {
  const dialog = (state: 'pending' | 'delivered') => deliveryDialog(delivery('d', { state }), status()).toString()
  expect(dialog('pending')).toContain('hx-trigger="every 1s"')
  expect(dialog('delivered')).not.toContain('every 1s')
})

test('a secret that was made is shown once, in a field to be copied; one that was brought is not shown at all', () => {
  const made = { ...webhook('w'), secret: 'whsec_abc' }
  expect(webhookAdded(made).toString()).toMatch(/<input[^>]*readonly[^>]*value="whsec_abc"/)
  expect(webhookAdded({ ...made, secret: null }).toString()).not.toContain('<input')
  expect(tag(webhookDialog(webhook('w')), 'secret')).toBe('')
  expect(webhookDialog(webhook('w')).toString()).toMatch(/name="secret"\s+value=""/)
})

test('each type that a webhook can be sent can be chosen, but for the ping', () => {
  const offered = [
    ...webhookDialog(null)
      .toString()
      .matchAll(/name="events" value="([a-z_]+)"/g),
  ].map(([, type]) => type)
  expect(offered).toEqual(webhookEventTypes.filter((type) => type !== 'ping'))
})

test('an event says when, what, who and from where, to what, why, and how it came out', () => {
  const shown = text(audit()['events']!)
  expect(shown).toContain('Swap failed 2026-11-24 04:58:00 UTC nightly-cron from 192.168.1.9 on spark-1 swap swap-00000002 fence 42 result: restored')
  expect(shown).toContain(
    'Lock ended by force 2026-11-24 04:58:00 UTC dashboard from 192.168.1.7 on spark-1 fence 41 “the cron job hangs” Details before { &quot;holder&quot;',
  )
  expect(shown).toContain('Schedule missed 2026-11-24 04:58:00 UTC by itself schedule transcripts')
})

test('every type of event has words, and belongs to one group', () => {
  for (const type of EventType.options) {
    expect(text(audit({ page: { known: true, value: { events: [auditEvent(type)], next: null } } })['events']!)).not.toContain(type)
    expect(eventGroups.filter(({ types }) => types.includes(type))).toHaveLength(1)
  }
  expect(Object.keys(eventTypes).toSorted()).toEqual(eventGroups.flatMap(({ types }) => types).toSorted())
})

test('a filter is a group, one type, or nothing', () => {
  expect(typesOf('locks')).toContain('lock_forced')
  expect(typesOf('swap_failed')).toEqual(['swap_failed'])
  expect(typesOf('')).toEqual([])
  expect(typesOf('what is this')).toEqual([])
})

test('older events are reached by going back in time, newer ones by going on from the last', () => {
  const newest = audit({ type: 'locks' })['events']!.toString()
  expect(newest).toContain('href="/audit?type=locks&amp;since=2026-11-24T03%3A58%3A00.000Z"')
  const onwards = audit({
    type: 'locks',
    since: '2026-11-23T00:00:00Z',
    page: { known: true, value: { events: someEvents(), next: '1764000000000108' } },
  })['events']!
  expect(onwards.toString()).toContain('href="/audit?type=locks&amp;since=1764000000000108"')
  expect(text(onwards)).toContain('the oldest first')
})

test('the trail can be read by curl with the same filter', () => {
  const filter = audit({ type: 'swap_failed', since: '2026-11-23T00:00:00Z' })['filter']!.toString()
  expect(filter).toContain('curl -sS &#39;http://spark/api/events?type=swap_failed&amp;since=2026-11-23T00%3A00%3A00Z&#39;')
  expect(filter).toContain('http://spark/api/events/stream?type=swap_failed')
})
