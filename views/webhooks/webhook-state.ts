import type { Attempt, Delivery, WebhookView } from '../../domain/webhooks/webhook.ts'
import type { Html } from '../html.ts'
import { badge, type Tone } from '../outcome.ts'

const deliveryStates: Record<Delivery['state'], { tone: Tone; label: string }> = {
  pending: { tone: 'busy', label: 'being tried' },
  delivered: { tone: 'ok', label: 'delivered' },
  failed: { tone: 'bad', label: 'failed' },
  dropped: { tone: 'idle', label: 'dropped' },
}

export const deliveryBadge = ({ state, attempts }: Delivery): Html =>
  state === 'pending' && attempts.length > 0 ? badge('warn', 'failing, tried again') : badge(deliveryStates[state].tone, deliveryStates[state].label)

/** Whether an endpoint is on, and whether its newest delivery got through. `deliveries` are the newest ones of all endpoints. */
export function webhookBadge(webhook: WebhookView, deliveries: readonly Delivery[]): Html {
  if (webhook.disabled !== null) return badge('bad', 'switched off')
  if (!webhook.enabled) return badge('idle', 'off')
  const newest = deliveries.find(({ webhook_id, attempts }) => webhook_id === webhook.id && attempts.length > 0)
  if (newest === undefined) return badge('ok', 'on')
  return newest.state === 'delivered' ? badge('ok', 'delivering') : badge('bad', 'failing')
}

/** What an attempt got: `200`, `502`, `302: redirect`, `timeout`. */
export const attemptWords = ({ status, error }: Attempt): string =>
  [status, error === `status ${String(status)}` ? null : error].filter((word) => word !== null).join(': ')

export const webhookName = ({ name, id }: WebhookView): string => name ?? id
