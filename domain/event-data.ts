import { z } from 'zod'
import { Cause } from './errors.ts'
import type { EventType, eventTypes, OutboxEntry } from './events.ts'
import { fitted } from './fitted.ts'
import { HostName, ModelKey, Rfc3339, rfc3339, SwapId } from './names.ts'
import { LeftWith, Outcome, Phase, PhaseName, Swap } from './swap.ts'

/** A phase that was begun. Of the phases of a swap, `notify` is this very event. */
const PhaseTime = z.object({ name: PhaseName, state: Phase.shape.state, duration_s: z.number().nullable(), detail: z.string().nullable() })

/** One shape for a swap’s whole life. What is not known yet, or not any more, is null or empty. */
const SwapData = z.object({
  swap_id: SwapId,
  model: ModelKey.nullable().meta({ description: 'null: an unload' }),
  previous: Swap.shape.previous,
  previous_model: z.string().nullable(),
  hosts: z.array(HostName),
  affected_hosts: z.array(HostName),
  holder: z.string().nullable(),
  schedule: z.string().nullable(),
  reason: z.string().nullable(),
  fence: z.number().nullable(),
  requested_at: Rfc3339.nullable(),
})
const SwapBegins = SwapData.meta({ title: 'A swap that waits or begins' })
const SwapEnds = SwapData.extend({
  outcome: Outcome.nullable(),
  left: z.record(HostName, LeftWith),
  phases: z.array(PhaseTime),
  cause: Cause.nullable(),
  ended_at: Rfc3339.nullable(),
}).meta({ title: 'A swap that has ended' })

const LockData = z.object({
  holder: z.string().nullable().meta({ description: 'Whose reservation it is or was' }),
  purpose: z.string().nullable(),
  hosts: z.array(HostName),
  fence: z.number().nullable(),
  acquired_at: Rfc3339.nullable(),
  expires_at: Rfc3339.nullable(),
  before_holder: z.string().nullable().meta({ description: 'Who held it before this event' }),
  after_holder: z.string().nullable().meta({ description: 'Who holds it after this event' }),
  by: z.string().nullable().meta({ description: 'Who did it, where somebody did' }),
  reason: z.string().nullable(),
})

const HostData = z.looseObject({ host: HostName.nullable(), cause: z.string().nullable() })
const DeploymentData = z.looseObject({
  model: z.string().nullable().optional().meta({ description: 'Its key, or the name it was served under where we did not start it' }),
  hosts: z.array(HostName),
  swap_id: z.string().nullable().meta({ description: 'The swap that started it; null where we did not' }),
  cause: z.string().nullable().meta({ description: 'What was seen, in words' }),
  last_line: z.string().nullable().optional().meta({ description: 'The last line of its log, where that could still be read' }),
})
const ServiceData = z.looseObject({
  service: z.string().optional(),
  kind: z.string().optional(),
  hosts: z.array(HostName),
  cause: z.string().nullable(),
})
const MissedRun = z.looseObject({
  schedule: z.string().nullable(),
  due_at: Rfc3339.optional(),
  owner: z.string().optional(),
  host: z.string().optional().meta({ description: 'The machine whose cron it is in' }),
  command: z.string().nullable().optional(),
  grace_s: z.number().optional(),
})
const SwitchedOff = z.looseObject({
  webhook_id: z.string().optional(),
  name: z.string().nullable().optional(),
  url: z.string().optional(),
  reason: z.string().nullable(),
})
const DownloadData = z.looseObject({
  download_id: z.string().optional(),
  model: z.string().optional(),
  repo: z.string().optional(),
  host: HostName.nullable(),
  copied_to: z.array(HostName).optional(),
  outcome: z.string().nullable(),
  bytes: z.number().nullable().optional(),
  cause: Cause.nullable().optional(),
})
const Ping = z.looseObject({})

/** What `data` of a webhook holds, by the type of its event. */
export const eventDataSchemas = {
  swap_queued: SwapBegins,
  swap_started: SwapBegins,
  swap_complete: SwapEnds,
  swap_failed: SwapEnds,
  lock_acquired: LockData,
  lock_released: LockData,
  lock_expiring: LockData,
  lock_expired: LockData,
  lock_forced: LockData,
  schedule_missed: MissedRun,
  host_unreachable: HostData,
  host_back: HostData,
  deployment_lost: DeploymentData,
  deployment_adopted: DeploymentData,
  engine_wedged: DeploymentData,
  guardian_gave_up: DeploymentData,
  service_down: ServiceData,
  service_up: ServiceData,
  download_complete: DownloadData,
  download_failed: DownloadData,
  webhook_disabled: SwitchedOff,
  ping: Ping,
} as const satisfies Record<WebhookEventType, z.ZodType>

export type WebhookEventType = { [T in EventType]: (typeof eventTypes)[T]['webhook'] extends true ? T : never }[EventType]

/** Leaves room for what is around it in a body of 20 kB. */
const mostBytes = 18_000

/**
 * What webhooks are told of an event; of a swap with what its record says (null where it has none any more). Long texts and lists are cut, so that it
 * stays below 18 kB.
 */
export function eventData(entry: OutboxEntry & { readonly type: WebhookEventType }, swap: Swap | null): Record<string, unknown> {
  return fitted(wholeData(entry, swap), mostBytes)
}

function wholeData(entry: OutboxEntry & { readonly type: WebhookEventType }, swap: Swap | null): Record<string, unknown> {
  switch (entry.type) {
    case 'swap_queued':
    case 'swap_started':
      return swapData(entry, swap)
    case 'swap_complete':
    case 'swap_failed':
      return { ...swapData(entry, swap), ...swapEnd(entry, swap) }
    case 'lock_acquired':
    case 'lock_released':
    case 'lock_expiring':
    case 'lock_expired':
    case 'lock_forced':
      return lockData(entry)
    case 'host_unreachable':
    case 'host_back':
      return { host: entry.hosts?.[0] ?? null, cause: entry.result ?? null, ...entry.data }
    case 'deployment_lost':
    case 'deployment_adopted':
    case 'engine_wedged':
    case 'guardian_gave_up':
      return { hosts: [...(entry.hosts ?? [])], swap_id: entry.swapId ?? null, cause: entry.result ?? null, ...entry.data }
    case 'service_down':
    case 'service_up':
      return { hosts: [...(entry.hosts ?? [])], cause: entry.result ?? null, ...entry.data }
    case 'download_complete':
    case 'download_failed':
      return { host: entry.hosts?.[0] ?? null, outcome: entry.result ?? null, ...entry.data }
    case 'schedule_missed':
      return { schedule: entry.schedule ?? null, ...entry.data }
    case 'webhook_disabled':
      return { reason: entry.reason ?? null, ...entry.data }
    case 'ping':
      return { ...entry.data }
  }
}

function swapData(entry: OutboxEntry, swap: Swap | null): z.input<typeof SwapData> {
  const previous = swap?.previous ?? []
  return {
    swap_id: entry.swapId ?? swap?.swap_id ?? '',
    model: swap === null ? modelIn(entry.after) : swap.model,
    previous,
    previous_model: previous[0]?.model ?? null,
    hosts: [...(swap?.hosts ?? entry.hosts ?? [])],
    affected_hosts: [...(swap?.affected_hosts ?? entry.hosts ?? [])],
    holder: swap?.holder ?? entry.by?.name ?? null,
    schedule: swap?.schedule ?? entry.schedule ?? null,
    reason: swap?.reason ?? entry.reason ?? null,
    fence: swap?.fence ?? entry.fence ?? null,
    requested_at: swap?.requested_at ?? null,
  }
}

function swapEnd(entry: OutboxEntry, swap: Swap | null): Omit<z.input<typeof SwapEnds>, keyof z.input<typeof SwapData>> {
  return {
    outcome: outcomeOf(entry, swap),
    left: swap?.left ?? {},
    phases: (swap?.phases ?? []).flatMap((phase) => {
      if (phase.started_at === null || phase.name === 'notify') return []
      return [{ name: phase.name, state: phase.state, duration_s: secondsBetween(phase.started_at, phase.ended_at), detail: phase.detail }]
    }),
    cause: swap?.cause ?? null,
    ended_at: swap?.ended_at ?? rfc3339(entry.at),
  }
}

/** The record's word, unless it denies the event: a record that could not be closed is behind. */
export function outcomeOf(entry: OutboxEntry, swap: Swap | null): Outcome | null {
  const recorded = swap?.outcome ?? null
  if (recorded !== null && (recorded === 'completed') === (entry.type === 'swap_complete')) return recorded
  return Outcome.safeParse(entry.result).data ?? null
}

function secondsBetween(from: string, to: string | null): number | null {
  return to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000
}

const Held = LockData.pick({ holder: true, purpose: true, hosts: true, fence: true, acquired_at: true, expires_at: true }).partial().catch({})

/** `before` and `after` are the reservation as it was and as it is. */
function lockData(entry: OutboxEntry): z.input<typeof LockData> {
  const before = Held.parse(entry.before ?? {})
  const after = Held.parse(entry.after ?? {})
  const about = entry.type === 'lock_acquired' ? after : { ...after, ...before }
  return {
    holder: about.holder ?? null,
    purpose: about.purpose ?? null,
    hosts: about.hosts ?? [...(entry.hosts ?? [])],
    fence: entry.fence ?? about.fence ?? null,
    acquired_at: about.acquired_at ?? null,
    expires_at: about.expires_at ?? null,
    before_holder: (entry.type === 'lock_expiring' ? about : before).holder ?? null,
    after_holder: after.holder ?? null,
    by: entry.by?.name ?? null,
    reason: entry.reason ?? null,
    ...entry.data,
  }
}

const modelIn = (after: unknown): string | null => z.object({ model: ModelKey.nullable() }).safeParse(after).data?.model ?? null
