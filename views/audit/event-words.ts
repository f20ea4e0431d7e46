import { EventType } from '../../domain/events.ts'
import type { Tone } from '../outcome.ts'

interface EventWords {
  readonly tone: Tone
  readonly label: string
}

const words: Record<EventType, EventWords> = {
  swap_queued: { tone: 'idle', label: 'Swap queued' },
  swap_started: { tone: 'busy', label: 'Swap started' },
  swap_complete: { tone: 'ok', label: 'Swap completed' },
  swap_failed: { tone: 'bad', label: 'Swap failed' },
  swap_cancel_requested: { tone: 'warn', label: 'Swap cancel asked for' },
  lock_acquired: { tone: 'busy', label: 'Lock taken' },
  lock_extended: { tone: 'idle', label: 'Lock extended' },
  lock_released: { tone: 'idle', label: 'Lock given back' },
  lock_expiring: { tone: 'warn', label: 'Lock expires soon' },
  lock_expired: { tone: 'warn', label: 'Lock expired' },
  lock_forced: { tone: 'bad', label: 'Lock ended by force' },
  schedule_created: { tone: 'idle', label: 'Schedule registered' },
  schedule_updated: { tone: 'idle', label: 'Schedule changed' },
  schedule_deleted: { tone: 'idle', label: 'Schedule removed' },
  schedule_run: { tone: 'ok', label: 'Schedule ran' },
  schedule_missed: { tone: 'bad', label: 'Schedule missed' },
  host_unreachable: { tone: 'bad', label: 'Host unreachable' },
  host_back: { tone: 'ok', label: 'Host is back' },
  deployment_lost: { tone: 'bad', label: 'Model lost' },
  deployment_adopted: { tone: 'busy', label: 'Model adopted' },
  engine_wedged: { tone: 'bad', label: 'Model is wedged' },
  guardian_gave_up: { tone: 'bad', label: 'Guardian gave up' },
  service_down: { tone: 'bad', label: 'Service is down' },
  service_up: { tone: 'ok', label: 'Service is up' },
  host_operation: { tone: 'idle', label: 'Host operation' },
  download_started: { tone: 'busy', label: 'Download begun' },
  download_complete: { tone: 'ok', label: 'Download complete' },
  download_failed: { tone: 'bad', label: 'Download failed' },
  weights_deleted: { tone: 'idle', label: 'Weights deleted' },
  webhook_created: { tone: 'idle', label: 'Webhook added' },
  webhook_updated: { tone: 'idle', label: 'Webhook changed' },
  webhook_deleted: { tone: 'idle', label: 'Webhook removed' },
  webhook_disabled: { tone: 'bad', label: 'Webhook switched off' },
  settings_changed: { tone: 'idle', label: 'Settings changed' },
  model_changed: { tone: 'idle', label: 'Catalog changed' },
  audit_gap: { tone: 'bad', label: 'Gap in the audit' },
  ping: { tone: 'idle', label: 'Test' },
}

/** A type in words; one that is not known here, by its own name. */
export const eventWords = (type: string): EventWords => {
  const known = EventType.safeParse(type)
  return known.success ? words[known.data] : { tone: 'idle', label: type }
}

const groups = {
  swaps: { label: 'Swaps', begins: ['swap_'] },
  locks: { label: 'Locks', begins: ['lock_'] },
  schedules: { label: 'Schedules', begins: ['schedule_'] },
  webhooks: { label: 'Webhooks', begins: ['webhook_', 'ping'] },
  hosts: { label: 'Hosts and models', begins: ['host_', 'deployment_', 'engine_', 'guardian_'] },
  services: { label: 'Services', begins: ['service_'] },
  weights: { label: 'Weights', begins: ['download_', 'weights_'] },
  rest: { label: 'Settings and catalog', begins: ['settings_', 'model_', 'audit_'] },
} as const

export const eventGroups: readonly { name: string; label: string; types: readonly EventType[] }[] = Object.entries(groups).map(
  ([name, { label, begins }]) => ({ name, label, types: EventType.options.filter((type) => begins.some((start) => type.startsWith(start))) }),
)

/** The types that a filter names: a group, or one type. Empty: all of them. */
export const typesOf = (filter: string): readonly EventType[] =>
  eventGroups.find(({ name }) => name === filter)?.types ?? EventType.options.filter((type) => type === filter)
