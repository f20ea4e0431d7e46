import { WebhookMarks } from '../../config/webhook-marks.ts'
import { webhooksOf } from '../../config/webhooks.ts'
import type { AttemptReport, DeliveryRequest } from '../../domain/webhooks/delivery.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { attempt, type AttemptOptions } from './attempt.ts'
import { resolveHere } from './post.ts'
import { Room } from './room.ts'

export interface SwitchOff {
  readonly webhookId: string
  readonly url: string
  /** The event whose delivery was refused. */
  readonly eventId: string
  readonly reason: string
}

const usual: AttemptOptions = { limitMs: 15_000, resolve: resolveHere, mostAtOnce: { inAll: 40, toOne: 8 } }

export function createWebhookActivities(deps: DepsWithArbiter, changed: Partial<AttemptOptions> = {}) {
  const options = { ...usual, ...changed }
  const room = new Room(options.mostAtOnce)
  return {
    /** One POST. How it went is its result; it throws for nothing that the receiver does. */
    attemptDelivery: async (request: DeliveryRequest, number: number): Promise<AttemptReport> =>
      (await room.within(request.webhookId, () => attempt(deps, options, request, number))) ?? {
        attempt: null,
        url: null,
        verdict: 'busy',
        reason: null,
        retryAfterS: null,
        scale: deps.config.read().settings.webhook_retry_scale,
      },

    /** Switches an endpoint off, and tells of it once. Its owner switches it on again by a PUT. Safe to repeat. */
    async switchOffWebhook({ webhookId, url, eventId, reason }: SwitchOff): Promise<void> {
      const endpoint = webhooksOf(deps.config, deps.log).endpoints.find(({ id }) => id === webhookId)
      if (endpoint?.url !== url) return
      const marks = new WebhookMarks(deps.config.places)
      const id = `evt_${webhookId}_off_${eventId}`
      const known = marks.off().get(webhookId)
      if (known?.url === url && known.event_id !== id) return // another delivery was first
      if (known?.url !== url) await marks.switchOff(webhookId, { at: new Date().toISOString(), reason, url, event_id: id })
      deps.log.warn({ webhook: webhookId, reason }, 'webhook switched off')
      const data = { webhook_id: webhookId, name: endpoint.name, url, reason }
      const answer = await deps.arbiter.ask({ type: 'note', entries: [{ id, type: 'webhook_disabled', reason, data }] })
      if (answer.kind !== 'noted') throw new Error(`the arbiter answered ${answer.kind}`)
    },
  }
}
