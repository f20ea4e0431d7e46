import { eventTypes, webhookEventTypes } from '../../../domain/events.ts'
import type { WebhookCreated, WebhookView } from '../../../domain/webhooks/webhook.ts'
import { eventWords } from '../../audit/event-words.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { webhookName } from '../../webhooks/webhook-state.ts'
import { textField } from '../fields.ts'
import { dialogForm, dialogFrame } from '../frame.ts'

/** Adds an endpoint, or with `webhook` changes it. */
export const webhookDialog = (webhook: WebhookView | null): Html =>
  dialogFrame(
    webhook === null ? 'Add a webhook' : `Edit ${webhookName(webhook)}`,
    dialogForm(
      {
        action: webhook === null ? paths.addWebhook : paths.editWebhook,
        submit: webhook === null ? 'Add' : 'Save',
        focus: false,
        leadsOn: webhook === null,
      },
      html`
        ${webhook !== null && html`<input type="hidden" name="id" value="${webhook.id}" />`}
        ${textField({ name: 'url', label: 'URL', type: 'url', value: webhook?.url, required: true, maxlength: 2000, focus: true, placeholder: 'http://192.168.1.20:8123/api/webhook/spark', hint: 'Addresses in your LAN are fine.' })}
        ${textField({ name: 'name', label: 'Name', value: webhook?.name ?? '', maxlength: 80 })}
        ${textField({ name: 'secret', label: 'Secret', type: 'password', maxlength: 200, hint: webhook === null ? 'Signs each delivery. Blank: one is made for you and shown once.' : 'Blank: the present one stays. It is never shown.' })}
        ${eventChoices(webhook?.events ?? [])}
        <label><input type="checkbox" name="enabled" value="1" ${webhook === null || webhook.enabled ? html`checked` : ''} /> On</label>
      `,
    ),
  )

const eventChoices = (chosen: readonly string[]): Html => html`
  <fieldset class="choice events">
    <legend>Events <span class="muted">(none: all)</span></legend>
    ${webhookEventTypes
      .filter((type) => type !== 'ping')
      .map(
        (type) =>
          html`<label title="${eventTypes[type].about}">
            <input type="checkbox" name="events" value="${type}" ${chosen.includes(type) ? html`checked` : ''} /> ${eventWords(type).label}
          </label>`,
      )}
  </fieldset>
`

/** The secret that was made is shown here, and never again. */
export const webhookAdded = ({ name, id, secret }: WebhookCreated): Html =>
  dialogFrame(
    `${name ?? id} was added`,
    html`
      ${
        secret === null
          ? html`<p>Deliveries are signed with your secret.</p>`
          : html`<p class="note" data-tone="warn">
                This secret is shown now and never again. Give it to the receiver, which checks signatures with it.
              </p>
              <label for="made-secret">Secret</label>
              <div class="copyable with-button">
                <input id="made-secret" type="text" readonly value="${secret}" autocomplete="off" spellcheck="false" autofocus />
                <button type="button" class="secondary outline" data-copy>Copy</button>
              </div>`
      }
      <footer>
        <button type="button" class="secondary outline" data-close>Close</button>
        <button type="button" hx-get="${paths.testWebhookDialog(id)}" hx-target="#dialog-body">Test it…</button>
      </footer>
    `,
  )
