import type { WebhookView } from '../../../domain/webhooks/webhook.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { webhookName } from '../../webhooks/webhook-state.ts'
import { dialogForm, dialogFrame } from '../frame.ts'

const idField = ({ id }: WebhookView): Html => html`<input type="hidden" name="id" value="${id}" />`

/** Sends a ping through the same way as events go. Its answer is the delivery, which refreshes itself while it is being tried. */
export const testWebhookDialog = (webhook: WebhookView): Html =>
  dialogFrame(
    `Test ${webhookName(webhook)}`,
    dialogForm(
      { action: paths.testWebhook, submit: 'Send a ping' },
      html`${idField(webhook)}
        <p>An event of type <code>ping</code> is sent to <code>${webhook.url}</code>, signed as all are.</p>`,
    ),
  )

export const switchWebhookDialog = (webhook: WebhookView): Html =>
  dialogFrame(
    `Switch ${webhookName(webhook)} ${webhook.enabled ? 'off' : 'on'}`,
    dialogForm(
      { action: paths.switchWebhook, submit: webhook.enabled ? 'Switch off' : 'Switch on' },
      html`${idField(webhook)} ${restOf(webhook)}
        <p>
          ${webhook.enabled ? 'Events from now on are not sent to it.' : 'Events from now on are sent to it. What it missed is not sent again by itself.'}
        </p>`,
    ),
  )

/** A change is told as the whole endpoint: what is not said again would be forgotten. */
const restOf = ({ url, name, events, enabled }: WebhookView): Html => html`
  <input type="hidden" name="url" value="${url}" /><input type="hidden" name="name" value="${name ?? ''}" />
  ${events.map((type) => html`<input type="hidden" name="events" value="${type}" />`)}
  ${!enabled && html`<input type="hidden" name="enabled" value="1" />`}
`

/** Asks before an endpoint goes. */
export const deleteWebhookDialog = (webhook: WebhookView): Html =>
  dialogFrame(
    `Delete ${webhookName(webhook)}`,
    dialogForm(
      { action: paths.deleteWebhook, submit: 'Delete', look: 'danger' },
      html`${idField(webhook)}
        <p>Nothing is sent to <code>${webhook.url}</code> any more, and its secret is forgotten.</p>`,
    ),
  )
