import { ActivityFailure, isCancellation, proxyActivities, setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow'
import type { createWebhookActivities } from '../activities/webhooks/index.ts'
import { afterAttempt, newDelivery, type AttemptReport, type DeliveryRequest } from '../domain/webhooks/delivery.ts'
import type { Delivery } from '../domain/webhooks/webhook.ts'

type WebhookActivities = ReturnType<typeof createWebhookActivities>

// Tried once: the attempts of a delivery are rows of its record, and their pauses are this workflow's. The limit leaves the attempt's own room.
const { attemptDelivery } = proxyActivities<WebhookActivities>({ startToCloseTimeout: '25s', retry: { maximumAttempts: 1 } })

const { switchOffWebhook } = proxyActivities<WebhookActivities>({
  startToCloseTimeout: '15s',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' },
})

/** One event on its way to one endpoint, until it is there or all attempts are made. Its record is in its memo at each moment, so readers need no worker. */
export async function webhookDelivery(request: DeliveryRequest): Promise<Delivery> {
  let delivery = newDelivery(request)
  let scale = 1
  for (;;) {
    const report = await attempt(request, delivery.attempts.length + 1, scale)
    scale = report.scale
    const next = afterAttempt(delivery, report, Date.now(), Math.random())
    delivery = next.delivery
    upsertMemo({ delivery })
    setCurrentDetails(inWords(delivery))
    if (report.verdict === 'refused') await switchOff(request, report)
    if (next.pauseMs === null) return delivery
    await sleep(next.pauseMs, { summary: `attempt ${String(delivery.attempts.length + 1)}` })
  }
}

/** A worker that died in the middle cannot tell how it went: that was an attempt, too, and the receiver may have seen it. */
async function attempt(request: DeliveryRequest, number: number, scale: number): Promise<AttemptReport> {
  const at = new Date().toISOString()
  try {
    return await attemptDelivery(request, number)
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error
    const lost = {
      number,
      at,
      status: null,
      latency_ms: Date.now() - Date.parse(at),
      response: '',
      error: 'lost: the worker ended during the attempt',
    }
    return { attempt: lost, url: null, verdict: 'failed', reason: null, retryAfterS: null, scale }
  }
}

/** That it could not be written down changes nothing for this delivery; the next one that is refused does it again. */
async function switchOff(request: DeliveryRequest, { url, reason }: AttemptReport): Promise<void> {
  await switchOffWebhook({ webhookId: request.webhookId, url: url ?? request.url, eventId: request.event.id, reason: reason ?? '' }).catch(
    (error: unknown) => {
      if (isCancellation(error)) throw error
    },
  )
}

const inWords = ({ type, url, state, attempts, next_attempt_at }: Delivery): string =>
  [
    `**${type}** to ${url}: ${state}`,
    ...attempts.map(({ number, at, status, error }) => `- ${String(number)}. ${at}: ${error ?? String(status)}`),
    ...(next_attempt_at === null ? [] : [`Next attempt at ${next_attempt_at}`]),
  ].join('\n')
