import { z } from 'zod'
import { webhookEventTypes, type EventType } from '../events.ts'
import { oneLine, Rfc3339 } from '../names.ts'
import { readUrl } from './url-policy.ts'

export const WebhookId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes, at most 40')
const Events = z.array(z.enum(webhookEventTypes as [EventType, ...EventType[]])).max(50) // the table has such rows

/** What it may be beyond its form depends on where it leads: `judgeUrl`, and for names each attempt. */
export const WebhookUrl = z
  .string()
  .min(1)
  .max(2000)
  .superRefine((text, context) => {
    const read = readUrl(text)
    if (!read.ok) context.addIssue({ code: 'custom', message: read.message })
  })

/** What is wrong with a secret's form; null when nothing is. */
export const secretTrouble = (secret: string): string | null =>
  secret.startsWith('whsec_') && !/^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/.test(secret)
    ? 'has base64 after whsec_, and nothing else'
    : null

const Secret = z
  .string()
  .min(16)
  .max(200)
  .regex(/^[\x21-\x7e]+$/, 'visible ASCII characters without spaces')
  .superRefine((text, context) => {
    const message = secretTrouble(text)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

/** Body of POST and PUT. */
export const WebhookBody = z.strictObject({
  url: WebhookUrl.meta({ description: 'http or https; a LAN address is fine' }),
  secret: Secret.optional().meta({ description: 'Signs each delivery. Left out: one is made (`whsec_…`) and shown once; on PUT: the old one stays' }),
  events: Events.optional().meta({ description: 'Only these types; left out or empty: all' }),
  name: oneLine(80).optional(),
  enabled: z.boolean().default(true),
})
export type WebhookBody = z.infer<typeof WebhookBody>

/** An endpoint as anyone may see it: never its secret, and of its URL no password. */
export const WebhookView = z.object({
  id: WebhookId,
  name: z.string().nullable(),
  url: z.string(),
  /** Empty: all. */
  events: z.array(z.string()),
  enabled: z.boolean(),
  /** `file` and `environment`: changed there only. */
  source: z.enum(['api', 'file', 'environment']),
  /** Why it is off, if it was switched off by itself. */
  disabled: z.object({ at: Rfc3339, reason: z.string() }).nullable(),
  secret_set: z.boolean(),
})
export type WebhookView = z.infer<typeof WebhookView>

/** `secret` only where it was just made. */
export const WebhookCreated = WebhookView.extend({ secret: z.string().nullable() })
export type WebhookCreated = z.infer<typeof WebhookCreated>

export const Attempt = z.object({
  number: z.int(),
  at: Rfc3339,
  /** HTTP status; null when no answer came. */
  status: z.int().nullable(),
  latency_ms: z.number(),
  /** The first 1 kB of what it answered. */
  response: z.string(),
  /** Why it does not count as delivered: `timeout`, `connect: …`, `redirect`, `denied: loopback`, … */
  error: z.string().nullable(),
})
export type Attempt = z.infer<typeof Attempt>

/** One event on its way to one endpoint: the record of its workflow, kept in its memo. */
export const Delivery = z.object({
  delivery_id: z.string(),
  webhook_id: WebhookId,
  url: z.string(),
  event_id: z.string(),
  type: z.string(),
  state: z.enum(['pending', 'delivered', 'failed', 'dropped']),
  attempts: z.array(Attempt),
  created_at: Rfc3339,
  next_attempt_at: Rfc3339.nullable(),
  ended_at: Rfc3339.nullable(),
  redelivery: z.boolean(),
})
export type Delivery = z.infer<typeof Delivery>

export const DeliveryPage = z.object({ deliveries: z.array(Delivery), next: z.string().nullable() })
export type DeliveryPage = z.infer<typeof DeliveryPage>
