import { Problem } from '../../domain/problem.ts'
import { WebhookBody, WebhookId } from '../../domain/webhooks/webhook.ts'
import { apiRequests } from '../../views/api-requests.ts'
import { deliveryProgress } from '../../views/dialogs/webhooks/delivery.ts'
import { webhookAdded } from '../../views/dialogs/webhooks/endpoint.ts'
import { paths } from '../../views/paths.ts'
import { actorOf } from '../caller.ts'
import type { Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { formAction, type Form } from './form-action.ts'
import { filled } from './form.ts'

/** What the forms of the page of webhooks do. */
export function webhookForms({ webhooks }: Control): readonly Form[] {
  const update = (path: string): Form =>
    formAction({
      path,
      read: (form) => ({ id: readId(form), body: readBody(form) }),
      requests: ({ id, body }) => apiRequests.updateWebhook(id, body),
      async act({ id, body }, by) {
        await webhooks.update(id, body, actorOf(by))
        return null
      },
    })
  return [
    formAction({
      path: paths.addWebhook,
      read: readBody,
      requests: apiRequests.createWebhook,
      act: async (body, by) => webhookAdded(await webhooks.create(body, actorOf(by))),
    }),
    update(paths.editWebhook),
    update(paths.switchWebhook),
    formAction({
      path: paths.testWebhook,
      read: readId,
      requests: apiRequests.testWebhook,
      act: async (id, by) => deliveryProgress(await webhooks.test(id, actorOf(by))),
    }),
    formAction({
      path: paths.deleteWebhook,
      read: readId,
      requests: apiRequests.deleteWebhook,
      async act(id, by) {
        await webhooks.remove(id, actorOf(by))
        return null
      },
    }),
    formAction({
      path: paths.redeliver,
      read: (form) => form.get('id') ?? '',
      requests: apiRequests.redeliver,
      act: async (id, by) => deliveryProgress(await webhooks.redeliver(id, actorOf(by))),
    }),
  ]
}

const readId = (form: URLSearchParams): string => {
  const id = WebhookId.safeParse(form.get('id'))
  if (!id.success) throw new Problem('unknown_webhook')
  return id.data
}

const readBody = (form: URLSearchParams): WebhookBody =>
  fit(
    WebhookBody,
    {
      url: filled(form, 'url') ?? '',
      secret: filled(form, 'secret'),
      events: form.has('events') ? form.getAll('events') : undefined,
      name: filled(form, 'name'),
      enabled: form.has('enabled'),
    },
    'body',
  )
