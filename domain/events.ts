import { z } from 'zod'
import { HostName, Rfc3339, SwapId, type Millis } from './names.ts'

/**
 * Everything that is told: to the audit trail, and where `webhook` says so to webhooks. A type never changes its meaning.
 * Refusals are not among them: they are counted in metrics.
 */
export const eventTypes = {
  swap_queued: { webhook: true, about: 'A swap was accepted and waits for its turn' },
  swap_started: { webhook: true, about: 'A swap has its turn and begins' },
  swap_complete: { webhook: true, about: 'A swap ended as completed: the new model serves' },
  swap_failed: { webhook: true, about: 'A swap ended in any other way; `outcome`, `left` and `cause` tell how' },
  swap_cancel_requested: { webhook: false, about: 'Somebody asked for the end of a swap' },
  lock_acquired: { webhook: true, about: 'A reservation was granted' },
  lock_extended: { webhook: false, about: 'A holder extended its reservation' },
  lock_released: { webhook: true, about: 'A holder gave its reservation back' },
  lock_expiring: { webhook: true, about: 'Four fifths of a reservation’s time are over and it was not extended' },
  lock_expired: { webhook: true, about: 'A reservation ended by its time' },
  lock_forced: { webhook: true, about: 'Somebody ended another’s reservation, with a reason' },
  schedule_created: { webhook: false, about: 'A schedule was registered' },
  schedule_updated: { webhook: false, about: 'A schedule was registered again, paused or resumed' },
  schedule_deleted: { webhook: false, about: 'A schedule was removed' },
  schedule_run: { webhook: false, about: 'A run of a schedule was seen or has ended' },
  schedule_missed: { webhook: true, about: 'A run of a schedule did not come in its time' },
  host_unreachable: { webhook: true, about: 'A host does not answer any more' },
  host_back: { webhook: true, about: 'A host answers again' },
  deployment_lost: { webhook: true, about: 'A model stopped serving though nobody here stopped it: a crash, a restart of the host, somebody’s hand' },
  deployment_adopted: { webhook: true, about: 'A model that somebody else started was found, and is taken for what the host holds' },
  engine_wedged: { webhook: true, about: 'A model has open requests, makes no tokens and lets the GPU idle' },
  guardian_gave_up: { webhook: true, about: 'The guardian does not go on restarting a model or putting it back; the reason tells why' },
  service_down: { webhook: true, about: 'A service does not answer any more, seen twice' },
  service_up: { webhook: true, about: 'A service answers again, seen twice' },
  host_operation: { webhook: false, about: 'Another change of a host than a swap was begun or has ended' },
  download_started: { webhook: false, about: 'Somebody asked for weights to be downloaded' },
  download_complete: { webhook: true, about: 'Weights were downloaded, and copied where that was asked' },
  download_failed: { webhook: true, about: 'A download ended in any other way; `outcome` and `cause` tell how' },
  weights_deleted: { webhook: false, about: 'The weights of a model were deleted from a host, or could not be' },
  webhook_created: { webhook: false, about: 'A webhook endpoint was added' },
  webhook_updated: { webhook: false, about: 'A webhook endpoint was changed' },
  webhook_deleted: { webhook: false, about: 'A webhook endpoint was removed' },
  webhook_disabled: { webhook: true, about: 'An endpoint was switched off because it answered 410 or failed for too long' },
  settings_changed: { webhook: false, about: 'A setting was changed' },
  model_changed: { webhook: false, about: 'The catalog was changed' },
  audit_gap: { webhook: false, about: 'So many entries could not be kept, because nobody could write them down' },
  ping: { webhook: true, about: 'A test, sent on request' },
} as const satisfies Record<string, { webhook: boolean; about: string }>

export type EventType = keyof typeof eventTypes
export const EventType = z.enum(Object.keys(eventTypes) as [EventType, ...EventType[]]) // keys of the table above, which has at least one row

/** Types that webhooks may be sent. */
export const webhookEventTypes = EventType.options.filter((type) => eventTypes[type].webhook)

/** Who did something: a name for others to read, and where the request came from. */
export const Actor = z.object({ name: z.string(), address: z.string().nullable() })
export type Actor = z.infer<typeof Actor>

/** One line of the audit trail. `seq` grows with every line and orders them; `id` stays the same however often an event is told. */
export const AuditEvent = z.object({
  seq: z.int(),
  id: z.string(),
  type: EventType,
  timestamp: Rfc3339,
  actor: Actor.nullable(),
  hosts: z.array(HostName),
  swap_id: SwapId.nullable(),
  schedule: z.string().nullable(),
  fence: z.number().nullable(),
  reason: z.string().nullable(),
  result: z.string().nullable(),
  before: z.unknown().nullable(),
  after: z.unknown().nullable(),
  /** What webhooks are sent as `data`; null for types that they are not sent. */
  data: z.record(z.string(), z.unknown()).nullable(),
})
export type AuditEvent = z.infer<typeof AuditEvent>

/** The body of a webhook. `data` by type is in domain/event-data.ts. */
export const WebhookEvent = z.object({ id: z.string(), type: EventType, timestamp: Rfc3339, data: z.record(z.string(), z.unknown()) })
export type WebhookEvent = z.infer<typeof WebhookEvent>

export const EventPage = z.object({
  events: z.array(AuditEvent),
  /** Give it as `since` to go on from here. */
  next: z.string().nullable(),
})
export type EventPage = z.infer<typeof EventPage>

/**
 * An event on its way: in the arbiter's outbox until a worker has written it down and told the webhooks (ARBITER.md A6). Small: whoever writes it down adds
 * the swap's record. `id` makes telling it twice telling it once.
 */
export interface Noted {
  readonly id: string
  readonly type: EventType
  readonly by?: Actor | null
  readonly hosts?: readonly HostName[]
  readonly swapId?: SwapId | null
  readonly schedule?: string | null
  readonly fence?: number | null
  readonly reason?: string | null
  readonly result?: string | null
  /** Small JSON of what was and what is now, in the words of the API. */
  readonly before?: unknown
  readonly after?: unknown
  /** For webhooks, where `before` and `after` are not enough. */
  readonly data?: Readonly<Record<string, unknown>>
}

/** `seq` and the time (the server's clock) are the arbiter's. */
export interface OutboxEntry extends Noted {
  readonly seq: number
  readonly at: Millis
}

/** The one end of a swap, however often and by whomever it is told (I4). */
export const swapEndEventId = (swapId: SwapId): string => `evt_${swapId}_ended`
