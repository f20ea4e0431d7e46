import type { Status } from '../../../domain/status.ts'
import type { Delivery } from '../../../domain/webhooks/webhook.ts'
import { permit } from '../../actions.ts'
import { eventWords } from '../../audit/event-words.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { moment, planned } from '../../time.ts'
import { latency } from '../../webhooks/deliveries.ts'
import { attemptWords, deliveryBadge } from '../../webhooks/webhook-state.ts'
import { deed, dialogFrame } from '../frame.ts'

/** One delivery with each attempt, and a way to send it again. */
export const deliveryDialog = (delivery: Delivery, status: Status): Html =>
  dialogFrame(
    `${eventWords(delivery.type).label}: delivery ${delivery.delivery_id}`,
    html`
      <p class="facts">
        <span>to <code>${delivery.url}</code></span>
        <span>event <code>${delivery.event_id}</code></span>
        <span>${moment(delivery.created_at)}</span>
      </p>
      ${deliveryProgress(delivery)}
      ${deed({
        id: 'redeliver',
        action: paths.redeliver,
        label: 'Send it again',
        text: 'The same event, under the same id, with a fresh signature.',
        permit: permit('redeliver', status, [], { delivery }),
        fields: html`<input type="hidden" name="id" value="${delivery.delivery_id}" />`,
      })}
      <footer><button type="button" class="secondary outline" data-close>Close</button></footer>
    `,
  )

/** How it goes. While it is under way, it asks again by itself. */
export const deliveryProgress = (delivery: Delivery): Html => {
  const pending = delivery.state === 'pending'
  return html`<div class="progress-of" role="status" ${pending ? askingAgain(delivery.delivery_id) : ''}>
    <p>
      ${deliveryBadge(delivery)}
      ${pending && (delivery.next_attempt_at === null ? html`<span class="muted">waiting for its answer</span>` : html`tried again ${planned(delivery.next_attempt_at)}`)}
    </p>
    <ol class="attempts">
      ${delivery.attempts.map(
        (attempt) =>
          html`<li data-tone="${attempt.error === null ? 'ok' : 'bad'}">
            <strong>${attemptWords(attempt)}</strong> <span class="muted">${moment(attempt.at)}, ${latency(attempt)}</span>
            ${attempt.response !== '' && html`<pre tabindex="0" aria-label="What attempt ${attempt.number} was answered">${attempt.response}</pre>`}
          </li>`,
      )}
    </ol>
  </div>`
}

const askingAgain = (id: string): Html => html`hx-get="${paths.deliveryState(id)}" hx-trigger="every 1s" hx-swap="outerHTML"`

/** It was begun a moment ago, and the list of deliveries does not have it yet. */
export const deliveryNotListed = (id: string): Html =>
  html`<div class="progress-of" role="status" ${askingAgain(id)}><p class="muted">It is under way.</p></div>`
