import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { rfc3339 } from '../../domain/names.ts'
import type { Endpoint } from '../../domain/webhooks/endpoint.ts'
import type { Delivery } from '../../domain/webhooks/webhook.ts'
import type { WebhookControl } from '../deps.ts'
import type { Deliveries } from '../temporal/deliveries.ts'

/** How long the answer to a test waits for its attempt. */
const patience_ms = 4_000
const lookEvery_ms = 100
const redeliverable_ms = 30 * 24 * 3600 * 1000

/** Deliveries as people ask for them. `endpoint` throws `unknown_webhook`. */
export function createDeliveries(
  deliveries: () => Deliveries,
  endpoint: (id: string) => Endpoint,
  clusterId: () => ClusterId,
): Pick<WebhookControl, 'test' | 'deliveries' | 'redeliver'> {
  return {
    deliveries: async (query) => await deliveries().list(query),

    async test(id, actor) {
      const { url } = endpoint(id)
      const now = Date.now()
      const data = { webhook_id: id, by: actor.name, message: 'A test of this webhook, sent on request' }
      const event = { id: `evt_ping_${randomBytes(8).toString('hex')}`, type: 'ping', timestamp: rfc3339(now), data } as const
      const started = await deliveries().start({ clusterId: clusterId(), webhookId: id, url, event, createdAt: now, redelivery: '' })
      return await firstAttemptOf(deliveries(), started)
    },

    async redeliver(deliveryId) {
      const { webhookId, event, createdAt } = await deliveries().started(deliveryId)
      const now = Date.now()
      if (now - createdAt > redeliverable_ms) throw new Problem('unknown_delivery', 'That delivery is more than 30 days old')
      const { url } = endpoint(webhookId)
      const redelivery = randomBytes(4).toString('hex')
      return await deliveries().start({ clusterId: clusterId(), webhookId, url, event, createdAt: now, redelivery })
    },
  }
}

/** The record once its first attempt was made; the one that there is, where that takes too long. */
async function firstAttemptOf(deliveries: Deliveries, started: Delivery): Promise<Delivery> {
  const until = performance.now() + patience_ms
  let seen = started
  while (seen.state === 'pending' && seen.attempts.length === 0 && performance.now() < until) {
    await delay(lookEvery_ms)
    seen = await deliveries.look(started.delivery_id)
  }
  return seen
}
