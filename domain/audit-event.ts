import { eventData, outcomeOf, type WebhookEventType } from './event-data.ts'
import { eventTypes, type AuditEvent, type OutboxEntry } from './events.ts'
import { fitted } from './fitted.ts'
import { rfc3339 } from './names.ts'
import type { Swap } from './swap.ts'

const mostBytes = 4_000

/** The line of the audit trail for an entry of the outbox; `swap` is the record of the swap that it is about, where there is one. */
export function auditEvent(entry: OutboxEntry, swap: Swap | null): AuditEvent {
  const ended = isEnd(entry)
  return {
    seq: entry.seq,
    id: entry.id,
    type: entry.type,
    timestamp: rfc3339(entry.at),
    actor: entry.by ?? null,
    hosts: [...(entry.hosts ?? swap?.affected_hosts ?? [])],
    swap_id: entry.swapId ?? null,
    schedule: entry.schedule ?? swap?.schedule ?? null,
    fence: entry.fence ?? swap?.fence ?? null,
    reason: entry.reason ?? swap?.reason ?? null,
    result: ended ? outcomeOf(entry, swap) : (entry.result ?? null),
    before: short(entry.before ?? (ended && swap !== null ? { deployments: swap.previous } : null)),
    after: short(entry.after ?? (ended && swap !== null ? { model: swap.model, left: swap.left } : null)),
    data: isForWebhooks(entry) ? eventData(entry, swap) : null,
  }
}

export const isEnd = ({ type }: Pick<OutboxEntry, 'type'>): boolean => type === 'swap_complete' || type === 'swap_failed'

const isForWebhooks = (entry: OutboxEntry): entry is OutboxEntry & { readonly type: WebhookEventType } => eventTypes[entry.type].webhook

const short = (value: unknown): unknown => (typeof value === 'object' && value !== null ? fitted({ value }, mostBytes)['value'] : value) ?? null
