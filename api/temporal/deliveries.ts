import { defaultPayloadConverter, WorkflowNotFoundError } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { z } from 'zod'
import { statusNames } from '../../domain/closed-swap.ts'
import { WebhookEvent } from '../../domain/events.ts'
import type { ClusterId, Millis } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { asClosedDelivery, deliveryStart, deliveryWorkflowId, deliveryWorkflowOf, type DeliveryRequest } from '../../domain/webhooks/delivery.ts'
import { Delivery, type DeliveryPage } from '../../domain/webhooks/webhook.ts'
import { workflowTypes } from '../../workflows/messages.ts'
import { isRefusal, type TemporalLink } from './link.ts'

type ExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo

/** What a delivery was started with: of its argument as much as a redelivery needs. */
const Started = z.object({ webhookId: z.string(), event: WebhookEvent, createdAt: z.number() })

/** The deliveries of one cluster, read from Temporal's record: no worker is needed. */
export class Deliveries {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  /** Those under way first, then the last that ended. `webhook` comes from a pattern that holds no quote. Throws `temporal_down`, `invalid_request` for a strange `before`. */
  async list({ limit, before, webhook }: { limit: number; before?: string | undefined; webhook?: string | undefined }): Promise<DeliveryPage> {
    const prefix = webhook === undefined ? deliveryWorkflowId(this.#clusterId, '', '').slice(0, -1) : deliveryWorkflowId(this.#clusterId, webhook, '')
    const page = await this.#link.call(({ workflowService }) =>
      workflowService
        .listWorkflowExecutions({
          namespace: this.#link.namespace,
          query: `WorkflowType = '${workflowTypes.webhookDelivery}' AND WorkflowId STARTS_WITH '${prefix}'`,
          pageSize: limit,
          nextPageToken: Buffer.from(before ?? '', 'base64url'),
        })
        .catch((error: unknown) => {
          if (!isRefusal(error)) throw error
          const field = { field: 'query before', message: 'is not the `next` of a page' }
          throw new Problem('invalid_request', `${field.field}: ${field.message}`, { errors: [field] })
        }),
    )
    const next = Buffer.from(page.nextPageToken).toString('base64url')
    return { deliveries: page.executions.flatMap(recordOf), next: next === '' ? null : next }
  }

  /** As it is now. Throws `unknown_delivery`, `temporal_down`. */
  async look(deliveryId: string): Promise<Delivery> {
    const description = await this.#found(deliveryId, (workflowId) => this.#link.call((client) => client.workflow.getHandle(workflowId).describe()))
    const record = Delivery.parse(description.memo?.['delivery'])
    return asClosedDelivery(record, description.status.name, description.closeTime?.getTime() ?? null)
  }

  /** The event that was delivered, to which endpoint and since when, as its workflow was told. Throws `unknown_delivery`, `temporal_down`. */
  async started(deliveryId: string): Promise<{ webhookId: string; event: WebhookEvent; createdAt: Millis }> {
    const { history } = await this.#found(deliveryId, (workflowId) =>
      this.#link.call(({ workflowService }) =>
        workflowService.getWorkflowExecutionHistory({ namespace: this.#link.namespace, execution: { workflowId }, maximumPageSize: 1 }),
      ),
    )
    const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]
    return Started.parse(payload == null ? undefined : defaultPayloadConverter.fromPayload(payload))
  }

  /** Starts a delivery; its attempts are a worker's. Throws `temporal_down`. */
  async start(request: DeliveryRequest): Promise<Delivery> {
    const options = deliveryStart(request)
    await this.#link.call((client) => client.workflow.start(workflowTypes.webhookDelivery, options))
    return options.memo.delivery
  }

  async #found<T>(deliveryId: string, read: (workflowId: string) => Promise<T>): Promise<T> {
    const workflowId = deliveryWorkflowOf(this.#clusterId, deliveryId)
    if (workflowId === null) throw unknown(deliveryId)
    try {
      return await read(workflowId)
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || isNotFound(error)) throw unknown(deliveryId)
      throw error
    }
  }
}

const unknown = (deliveryId: string): Problem => new Problem('unknown_delivery', `No delivery ${deliveryId} is known`)

/** Raw calls speak gRPC. */
const isNotFound = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 5

function recordOf({ memo, status, closeTime }: ExecutionInfo): Delivery[] {
  const payload = memo?.fields?.['delivery']
  const record = Delivery.safeParse(payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload))
  if (!record.success) return [] // of another version, or started by hand
  const closedAt = closeTime?.seconds == null ? null : Number(closeTime.seconds) * 1000
  return [asClosedDelivery(record.data, statusNames[status ?? 0], closedAt)]
}
