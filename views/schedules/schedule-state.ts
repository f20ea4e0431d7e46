import type { ManagedAction, ScheduleRun, ScheduleView } from '../../domain/scheduling/schedule.ts'
import { html, type Html } from '../html.ts'
import { hostList, swapTitle } from '../model-name.ts'
import type { Model } from '../../domain/model.ts'
import { badge, type Tone } from '../outcome.ts'

const states: Record<ScheduleView['state'], { tone: Tone; label: string }> = {
  waiting: { tone: 'ok', label: 'waiting' },
  running: { tone: 'busy', label: 'running' },
  late: { tone: 'warn', label: 'late' },
  missed: { tone: 'bad', label: 'missed' },
  failed: { tone: 'bad', label: 'failed' },
  paused: { tone: 'idle', label: 'paused' },
  over: { tone: 'idle', label: 'over' },
}

const runStates: Record<ScheduleRun['state'], { tone: Tone; label: string }> = {
  running: { tone: 'busy', label: 'running' },
  ok: { tone: 'ok', label: 'ok' },
  failed: { tone: 'bad', label: 'failed' },
  skipped: { tone: 'warn', label: 'skipped' },
  missed: { tone: 'bad', label: 'missed' },
}

const vias: Record<ScheduleRun['via'], string> = {
  swap: 'seen by its swap',
  lock: 'seen by its lock',
  ping: 'seen by its ping',
  fired: 'fired by Temporal',
  by_hand: 'started by hand',
  nothing: 'nothing was seen',
}

export const stateBadge = ({ state }: ScheduleView): Html => badge(states[state].tone, states[state].label)
export const runBadge = ({ state }: ScheduleRun): Html => badge(runStates[state].tone, runStates[state].label)
export const viaWords = ({ via }: ScheduleRun): string => vias[via]

/** What a person should look at first. */
export const inTrouble = ({ state }: ScheduleView): boolean => state === 'missed' || state === 'failed' || state === 'late'

/** What a managed schedule does, in words. */
export function actionWords(action: ManagedAction, models: readonly Model[]): string {
  switch (action.type) {
    case 'swap':
      return swapTitle(action.model, models) + onHosts(action.hosts)
    case 'warm':
      return `Warm the loaded model${onHosts(action.hosts)}`
    case 'restart_service':
      return `Restart ${action.container} on ${action.host}`
    case 'health_sweep':
      return `Health sweep${onHosts(action.hosts)}`
    case 'release_stale_lock':
      return `Release a lock that was held longer than ${String(Math.round(action.held_longer_than_s / 60))} min${onHosts(action.hosts)}`
  }
}

/** What a run does, as far as the schedule says: blank for somebody's cron that names no model. */
export const doesWords = (schedule: ScheduleView, models: readonly Model[]): string =>
  schedule.kind === 'managed' ? actionWords(schedule.action, models) : schedule.model === undefined ? '' : swapTitle(schedule.model, models)

const onHosts = (hosts: readonly string[] | undefined): string => (hosts === undefined ? '' : ` on ${hostList(hosts)}`)

/** Whose cron it is in; for a managed one, that it is ours. */
export const whose = (schedule: ScheduleView): Html =>
  schedule.kind === 'external'
    ? html`${schedule.owner} <span class="muted">on ${schedule.host}</span>`
    : html`<span class="muted">fired from here</span>`
