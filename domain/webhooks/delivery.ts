import type { WebhookEvent } from '../events.ts'
import { rfc3339, taskQueueOf, type ClusterId, type Millis } from '../names.ts'
import type { WorkflowStatus } from '../closed-swap.ts'
import { asidePauseMs, nextPauseMs } from './retries.ts'
import type { Attempt, Delivery } from './webhook.ts'

/** Argument of the workflow `webhookDelivery`. The secret is not among it: each attempt reads it where it is sent. */
export interface DeliveryRequest {
  readonly clusterId: ClusterId
  readonly webhookId: string
  /** As it was when the event came; an attempt goes where the endpoint is by then. */
  readonly url: string
  readonly event: WebhookEvent
  readonly createdAt: Millis
  /** Empty for the first delivery of an event to an endpoint, else what tells this one from the others. */
  readonly redelivery: string
}

/** What one attempt came to. `attempt` is null when there was nobody to send to. */
export interface AttemptReport {
  readonly attempt: Attempt | null
  readonly url: string | null
  /** `refused`: the receiver wants no more (410), or has failed for too long; `reason` says which. `busy`: it was not tried, for too many others were under way. */
  readonly verdict: 'delivered' | 'failed' | 'refused' | 'gone' | 'busy'
  readonly reason: string | null
  readonly retryAfterS: number | null
  readonly scale: number
}

export const deliveryWorkflowType = 'webhookDelivery'

export const deliveryWorkflowId = (clusterId: string, webhookId: string, eventId: string, redelivery = ''): string =>
  `webhook/${clusterId}/${webhookId}/${eventId}${redelivery === '' ? '' : `/${redelivery}`}`

/** How a delivery is named outside, in one word of a path: webhook, event, and which redelivery. */
export const deliveryIdOf = (webhookId: string, eventId: string, redelivery = ''): string =>
  `${webhookId}.${eventId}${redelivery === '' ? '' : `~${redelivery}`}`

/** The workflow of a delivery id; null for what is none. */
export function deliveryWorkflowOf(clusterId: string, deliveryId: string): string | null {
  const parts = /^([a-z0-9][a-z0-9-]{0,39})\.([^~]{1,300})(?:~([a-z0-9]{1,40}))?$/.exec(deliveryId)
  return parts === null ? null : deliveryWorkflowId(clusterId, parts[1] ?? '', parts[2] ?? '', parts[3])
}

export const newDelivery = ({ webhookId, url, event, createdAt, redelivery }: DeliveryRequest): Delivery => ({
  delivery_id: deliveryIdOf(webhookId, event.id, redelivery),
  webhook_id: webhookId,
  url,
  event_id: event.id,
  type: event.type,
  state: 'pending',
  attempts: [],
  created_at: rfc3339(createdAt),
  next_attempt_at: rfc3339(createdAt),
  ended_at: null,
  redelivery: redelivery !== '',
})

/** How the workflow of a delivery is started, by whoever starts it. Its record is in the memo from the first moment on, so that readers need no worker. */
export const deliveryStart = (request: DeliveryRequest) => ({
  workflowId: deliveryWorkflowId(request.clusterId, request.webhookId, request.event.id, request.redelivery),
  taskQueue: taskQueueOf(request.clusterId),
  args: [request] as [DeliveryRequest],
  memo: { delivery: newDelivery(request) },
  staticSummary: `${request.event.type} → ${request.webhookId}`,
  // One event is delivered to one endpoint once, however often it is announced.
  workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
  workflowIdConflictPolicy: 'FAIL' as const,
})

/** The record after an attempt, and how long to wait for the next (null: there is none). `now` is the workflow's clock, `chance` 0…1. */
export function afterAttempt(before: Delivery, report: AttemptReport, now: Millis, chance: number): { delivery: Delivery; pauseMs: number | null } {
  const attempts = report.attempt === null ? before.attempts : [...before.attempts, report.attempt]
  const delivery = { ...before, url: report.url ?? before.url, attempts }
  // A ping is for whoever asked for it: one that comes hours later tells nobody anything.
  const tries = report.verdict === 'failed' && before.type !== 'ping'
  const pauseMs = report.verdict === 'busy' ? asidePauseMs(chance) : tries ? nextPauseMs(attempts.length, { ...report, chance }) : null
  if (pauseMs !== null) return { delivery: { ...delivery, next_attempt_at: rfc3339(now + pauseMs) }, pauseMs }
  const state = report.verdict === 'delivered' ? 'delivered' : report.verdict === 'gone' ? 'dropped' : 'failed'
  return { delivery: { ...delivery, state, next_attempt_at: null, ended_at: rfc3339(now) }, pauseMs: null }
}

/** The record of a delivery that was ended by hand, or whose workflow broke: it could not write its own last line. */
export function asClosedDelivery(delivery: Delivery, status: WorkflowStatus, closedAt: Millis | null): Delivery {
  if (delivery.state !== 'pending' || status === 'RUNNING' || status === 'UNSPECIFIED' || status === 'UNKNOWN' || status === 'PAUSED') return delivery
  return { ...delivery, state: 'dropped', next_attempt_at: null, ended_at: closedAt === null ? null : rfc3339(closedAt) }
}
