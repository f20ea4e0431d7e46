import type { Status } from '../../domain/status.ts'
import type { DeliveryPage, WebhookView } from '../../domain/webhooks/webhook.ts'
import { permit, type ActionName } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { unknown, type Known } from '../known.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'
import { moment } from '../time.ts'
import { deliveryList } from './deliveries.ts'
import { webhookBadge, webhookName } from './webhook-state.ts'

/** All that the page of webhooks shows, read at one moment. */
export interface WebhooksData {
  readonly status: Status
  readonly webhooks: Known<readonly WebhookView[]>
  readonly deliveries: Known<DeliveryPage>
  /** Only deliveries of this endpoint; null: of all. */
  readonly only: string | null
  /** Only deliveries before this place; null: the newest. */
  readonly before: string | null
}

export const webhookRegions = (data: WebhooksData): Regions => ({
  problems: problemBanner(data.status),
  endpoints: data.webhooks.known ? endpoints(data.webhooks.value, data) : unknown('endpoints', data.webhooks.problem),
  deliveries: data.deliveries.known ? deliveryList(data.deliveries.value, data) : unknown('deliveries', data.deliveries.problem),
})

const endpoints = (webhooks: readonly WebhookView[], data: WebhooksData): Html => html`
  <section id="endpoints" aria-labelledby="endpoints-title">
    <div class="with-button">
      <h2 id="endpoints-title">Endpoints</h2>
      ${dialogButton({ id: 'add-webhook', label: 'Add…', about: 'a webhook', url: paths.addWebhookDialog, permit: permit('add_webhook', data.status), look: 'primary' })}
    </div>
    ${webhooks.length === 0 && html`<p class="muted">Nobody is told of anything yet. An endpoint is an address that gets a signed POST for each event.</p>`}
    <ul class="rows">
      ${webhooks.map((webhook) => row(webhook, data))}
    </ul>
  </section>
`

const sources: Record<WebhookView['source'], string | null> = {
  api: null,
  file: 'defined in cluster.yaml',
  environment: 'defined in the environment (WEBHOOK_URL)',
}

function row(webhook: WebhookView, { status, deliveries }: WebhooksData): Html {
  const source = sources[webhook.source]
  return html`<li class="row webhook" id="webhook-${webhook.id}">
    <div class="what">
      <p class="title">
        ${webhookBadge(webhook, deliveries.known ? deliveries.value.deliveries : [])} <strong>${webhookName(webhook)}</strong>
        <code class="muted">${webhook.url}</code>
      </p>
      <p class="facts">
        <span>${webhook.events.length === 0 ? 'all events' : webhook.events.join(', ')}</span>
        ${source !== null && html`<span>${source}</span>`} ${!webhook.secret_set && html`<span>not signed: it has no secret</span>`}
        <span><a href="${paths.webhooksPage({ webhook: webhook.id })}">its deliveries</a></span>
      </p>
      ${
        webhook.disabled !== null &&
        html`<p class="cause">
          Switched off ${moment(webhook.disabled.at)}: ${webhook.disabled.reason}.
          <span class="advice">Mend the receiver, then switch it on again.</span>
        </p>`
      }
    </div>
    <div class="actions">${buttons(webhook, status)}</div>
  </li>`
}

/** The reason why a read-only endpoint can't be changed holds for three buttons; it is said once, by its source. */
function buttons(webhook: WebhookView, status: Status): Html {
  const readOnly = permit('edit_webhook', status, [], { webhook })
  const reasonId = readOnly.allowed ? undefined : `webhook-${webhook.id}-reason`
  const button = (name: string, label: string, action: ActionName, url: string, look: 'outline' | 'danger' = 'outline'): Html =>
    dialogButton({
      id: `${name}-${webhook.id}`,
      label,
      about: webhookName(webhook),
      url,
      permit: permit(action, status, [], { webhook }),
      look,
      reasonId: action === 'test_webhook' ? undefined : reasonId,
    })
  return html`
    ${button('test', 'Test…', 'test_webhook', paths.testWebhookDialog(webhook.id))}
    ${button('edit', 'Edit…', 'edit_webhook', paths.editWebhookDialog(webhook.id))}
    ${
      webhook.enabled
        ? button('switch', 'Switch off…', 'disable_webhook', paths.switchWebhookDialog(webhook.id))
        : button('switch', 'Switch on…', 'enable_webhook', paths.switchWebhookDialog(webhook.id))
    }
    ${button('delete', 'Delete…', 'delete_webhook', paths.deleteWebhookDialog(webhook.id), 'danger')}
    ${!readOnly.allowed && html`<small class="reason" id="${reasonId}">${readOnly.reason}</small>`}
  `
}
