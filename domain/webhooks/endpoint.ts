import { z } from 'zod'
import type { EventType } from '../events.ts'
import { WebhookBody, WebhookId, WebhookUrl, type WebhookView } from './webhook.ts'

/** Where events are sent: one entry of cluster.yaml, of webhooks.yaml, or of the environment. Never its secret. */
export interface Endpoint {
  readonly id: string
  readonly name: string | null
  readonly url: string
  /** null: all. */
  readonly events: readonly EventType[] | null
  /** As its owner wants it. */
  readonly enabled: boolean
  readonly source: WebhookView['source']
  /** When and why it was switched off by itself; null where it was not. */
  readonly disabled: { readonly at: string; readonly reason: string } | null
  readonly signing: SigningSource
}

/** Where the secret of an endpoint is. `none`: deliveries are not signed, since its owner gave no secret. */
export type SigningSource =
  { readonly kind: 'none' | 'environment' | 'cluster_file' | 'stored' | 'missing' } | { readonly kind: 'file'; readonly path: string }

/** An entry of `<config>/webhooks.yaml`: its secret is in the data directory. */
export const StoredEndpoint = z.strictObject({
  id: WebhookId,
  url: WebhookUrl,
  name: WebhookBody.shape.name,
  events: WebhookBody.shape.events,
  enabled: z.boolean().default(true),
})
export type StoredEndpoint = z.infer<typeof StoredEndpoint>

/** An entry of `webhooks:` in cluster.yaml. */
export const FileEndpoint = StoredEndpoint.extend({
  id: WebhookId.optional(),
  secret: WebhookBody.shape.secret,
  /** Read at each delivery; relative to cluster.yaml. */
  secret_file: z.string().min(1).max(500).optional(),
}).refine((entry) => entry.secret === undefined || entry.secret_file === undefined, { message: 'has either secret or secret_file', path: ['secret'] })
export type FileEndpoint = z.infer<typeof FileEndpoint>

/** Each entry is judged for itself: one that does not fit is passed over with its reason, and the others hold. */
export const StoredEndpoints = z.object({ webhooks: z.array(z.unknown()).max(200).nullish() })

export const isOn = (endpoint: Endpoint): boolean => endpoint.enabled && endpoint.disabled === null

export const wants = (endpoint: Endpoint, type: EventType): boolean => isOn(endpoint) && (endpoint.events?.includes(type) ?? true)

export const endpointView = ({ id, name, url, events, source, disabled, enabled, signing }: Endpoint): WebhookView => ({
  id,
  name,
  url,
  events: [...(events ?? [])],
  enabled: enabled && disabled === null,
  source,
  disabled,
  secret_set: signing.kind !== 'none' && signing.kind !== 'missing',
})
