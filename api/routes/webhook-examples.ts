import type { z } from 'zod'
import type { Delivery, WebhookBody, WebhookCreated, WebhookView } from '../../domain/webhooks/webhook.ts'

export const wished: z.input<typeof WebhookBody> = {
  url: 'http://nuc.local:8080/spark',
  name: 'Night watch',
  events: ['swap_failed', 'lock_expiring'],
}

export const endpoint: WebhookView = {
  id: 'night-watch-3f9a1c',
  name: 'Night watch',
  url: 'http://nuc.local:8080/spark',
  events: ['swap_failed', 'lock_expiring'],
  enabled: true,
  source: 'api',
  disabled: null,
  secret_set: true,
}

export const created: WebhookCreated = { ...endpoint, secret: 'whsec_<44 characters of base64>' }

export const delivered: Delivery = {
  delivery_id: 'night-watch-3f9a1c.evt_0f8d2c61-swap_ended',
  webhook_id: 'night-watch-3f9a1c',
  url: 'http://nuc.local:8080/spark',
  event_id: 'evt_0f8d2c61-swap_ended',
  type: 'swap_failed',
  state: 'delivered',
  attempts: [
    { number: 1, at: '2026-11-20T22:04:11.000Z', status: 503, latency_ms: 14, response: 'starting', error: 'status 503' },
    { number: 2, at: '2026-11-20T22:04:16.000Z', status: 204, latency_ms: 9, response: '', error: null },
  ],
  created_at: '2026-11-20T22:04:11.000Z',
  next_attempt_at: null,
  ended_at: '2026-11-20T22:04:16.000Z',
  redelivery: false,
}
