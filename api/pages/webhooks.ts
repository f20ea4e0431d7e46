import { Problem } from '../../domain/problem.ts'
import type { Delivery, WebhookView } from '../../domain/webhooks/webhook.ts'
import { deleteWebhookDialog, switchWebhookDialog, testWebhookDialog } from '../../views/dialogs/webhooks/deeds.ts'
import { deliveryDialog, deliveryNotListed, deliveryProgress } from '../../views/dialogs/webhooks/delivery.ts'
import { webhookDialog } from '../../views/dialogs/webhooks/endpoint.ts'
import { paths } from '../../views/paths.ts'
import { webhookRegions } from '../../views/webhooks/regions.ts'
import type { Control } from '../deps.ts'
import { known } from './known.ts'
import type { PageModule } from './page-module.ts'
import { webhookForms } from './webhook-forms.ts'

const listed = 30
const searched = 100

/** Who is told of what, and whether it got there. */
export function webhooksPage(control: Control): PageModule {
  const { webhooks } = control
  const webhookOf = async (query: URLSearchParams): Promise<WebhookView> => {
    const found = (await webhooks.list()).find(({ id }) => id === query.get('id'))
    if (found === undefined) throw new Problem('unknown_webhook')
    return found
  }
  const deliveryOf = async (query: URLSearchParams, pages: number): Promise<Delivery | null> => {
    let before: string | undefined
    for (let page = 0; page < pages; page += 1) {
      const { deliveries, next } = await webhooks.deliveries({ limit: searched, before })
      const found = deliveries.find(({ delivery_id }) => delivery_id === query.get('id'))
      if (found !== undefined || next === null) return found ?? null
      before = next
    }
    return null
  }
  return {
    page: 'webhooks',
    view(query) {
      const [only, before] = [query.get('webhook'), query.get('before')]
      return {
        page: 'webhooks',
        stream: paths.stream('webhooks', { ...(only !== null && { webhook: only }), ...(before !== null && { before }) }),
        async look() {
          const [status, list, deliveries] = await Promise.all([
            control.readStatus(),
            known(() => webhooks.list()),
            known(() => webhooks.deliveries({ limit: listed, before: before ?? undefined, webhook: only ?? undefined })),
          ])
          return { status, regions: webhookRegions({ status, webhooks: list, deliveries, only, before }) }
        },
      }
    },
    forms: webhookForms(control),
    dialogs: {
      'add-webhook': () => webhookDialog(null),
      'edit-webhook': async (query) => webhookDialog(await webhookOf(query)),
      'switch-webhook': async (query) => switchWebhookDialog(await webhookOf(query)),
      'test-webhook': async (query) => testWebhookDialog(await webhookOf(query)),
      'delete-webhook': async (query) => deleteWebhookDialog(await webhookOf(query)),
      async delivery(query) {
        const [delivery, status] = await Promise.all([deliveryOf(query, 10), control.readStatus()])
        if (delivery === null) throw new Problem('unknown_delivery')
        return deliveryDialog(delivery, status)
      },
    },
    pieces: {
      /** Asked again and again by a dialog; one that was just begun may not be listed yet. */
      '/ui/webhooks/delivery': async (query) => {
        const delivery = await deliveryOf(query, 1)
        return delivery === null ? deliveryNotListed(query.get('id') ?? '') : deliveryProgress(delivery)
      },
    },
  }
}
