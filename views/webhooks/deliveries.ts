import type { Attempt, Delivery, DeliveryPage } from '../../domain/webhooks/webhook.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'
import { moment, planned } from '../time.ts'
import { eventWords } from '../audit/event-words.ts'
import type { WebhooksData } from './regions.ts'
import { attemptWords, deliveryBadge, webhookName } from './webhook-state.ts'

/** What was sent to whom and how it went, the newest first. */
export function deliveryList({ deliveries, next }: DeliveryPage, { only, before, webhooks }: WebhooksData): Html {
  const nameOf = (id: string): string => {
    const webhook = webhooks.known ? webhooks.value.find((one) => one.id === id) : undefined
    return webhook === undefined ? id : webhookName(webhook)
  }
  const older = next === null ? null : paths.webhooksPage({ before: next, ...(only !== null && { webhook: only }) })
  return html`<section id="deliveries" aria-labelledby="deliveries-title">
    <h2 id="deliveries-title">${only === null ? 'Deliveries' : `Deliveries to ${nameOf(only)}`}</h2>
    ${only !== null && html`<p><a href="${paths.webhooks}">Deliveries to all endpoints</a></p>`}
    ${deliveries.length === 0 && html`<p class="muted">${before === null ? 'Nothing was sent yet.' : 'Nothing was sent before that.'}</p>`}
    <ul class="rows">
      ${deliveries.map((delivery) => row(delivery, nameOf(delivery.webhook_id)))}
    </ul>
    <nav class="pager" aria-label="Pages of deliveries" ${before === null && older === null ? html`hidden` : ''}>
      ${before !== null && html`<a href="${paths.webhooksPage(only === null ? {} : { webhook: only })}">Newest</a>`}
      ${older !== null && html`<a href="${older}" rel="next">Older</a>`}
    </nav>
  </section>`
}

const row = (delivery: Delivery, to: string): Html => {
  const last = delivery.attempts.at(-1)
  return html`<li class="row delivery" id="delivery-${delivery.delivery_id}">
    <div class="what">
      <p class="title">${deliveryBadge(delivery)} <strong>${eventWords(delivery.type).label}</strong> <span class="muted">to ${to}</span></p>
      <p class="facts">
        <span>${moment(delivery.created_at)}</span>
        <span>${delivery.attempts.length === 1 ? '1 attempt' : `${String(delivery.attempts.length)} attempts`}</span>
        ${last !== undefined && html`<span>${attemptWords(last)}</span>`} ${last !== undefined && html`<span>${latency(last)}</span>`}
        ${delivery.next_attempt_at !== null && html`<span>next ${planned(delivery.next_attempt_at)}</span>`}
        ${delivery.redelivery && html`<span>sent again by hand</span>`}
      </p>
    </div>
    ${dialogButton({ id: `open-${delivery.delivery_id}`, label: 'Attempts…', about: `of the delivery ${delivery.delivery_id}`, url: paths.deliveryDialog(delivery.delivery_id), permit: { allowed: true }, look: 'outline' })}
  </li>`
}

export const latency = ({ latency_ms: ms }: Attempt): string => (ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`)
