import { z } from 'zod'
import { eventDataSchemas, type WebhookEventType } from '../event-data.ts'
import { eventTypes } from '../events.ts'
import { Rfc3339 } from '../names.ts'

/** The types of events that webhooks are sent. */
export const describedEventTypes = Object.keys(eventDataSchemas) as WebhookEventType[] // the keys of that table

/** The body of a webhook of one type. */
export const webhookBodySchema = (type: WebhookEventType) =>
  z
    .object({
      id: z.string().meta({ description: 'The same at each attempt and each redelivery: by it you know what you have seen' }),
      type: z.literal(type),
      timestamp: Rfc3339.meta({ description: 'When it happened' }),
      data: eventDataSchemas[type],
    })
    .meta({ title: type, description: eventTypes[type].about })

/** What a receiver may get, as one JSON Schema: one shape a type. */
export const webhookEventsSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(z.union(describedEventTypes.map(webhookBodySchema)), { io: 'output', unrepresentable: 'any' }),
  title: 'Webhooks of Spark Control',
})
