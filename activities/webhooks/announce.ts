import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import { webhooksOf } from '../../config/webhooks.ts'
import type { WebhookEvent } from '../../domain/events.ts'
import { deliveryStart, deliveryWorkflowType } from '../../domain/webhooks/delivery.ts'
import { wants } from '../../domain/webhooks/endpoint.ts'
import type { ActivityDeps } from '../deps.ts'

/**
 * Starts a delivery to each endpoint that is on and wants such events; their workflows do the rest, so a dead receiver costs nobody any time.
 * Safe to repeat: an event is delivered to an endpoint once. Throws when Temporal cannot start one; those that were started stay.
 */
export async function announce({ client, config, log }: Pick<ActivityDeps, 'client' | 'config' | 'log'>, event: WebhookEvent): Promise<void> {
  const { cluster } = config.read()
  if (cluster === null) throw new Error('there is no cluster to tell of: cluster.yaml cannot be read')
  const endpoints = webhooksOf(config, log).endpoints.filter((endpoint) => wants(endpoint, event.type))
  await Promise.all(
    endpoints.map(async ({ id: webhookId, url }) => {
      const request = { clusterId: cluster.clusterId, webhookId, url, event, createdAt: Date.now(), redelivery: '' }
      await client.workflow.start(deliveryWorkflowType, deliveryStart(request)).catch((error: unknown) => {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      })
    }),
  )
}
