import type { CatalogModel } from '../domain/catalog-model.ts'
import type { Lock, ReservationView } from '../domain/lock.ts'
import type { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import type { ScheduleView } from '../domain/scheduling/schedule.ts'
import type { ServiceStatus } from '../domain/services/service-status.ts'
import type { SettingsView } from '../domain/settings-view.ts'
import type { HostStatus, Status } from '../domain/status.ts'
import type { Swap } from '../domain/swap.ts'
import type { Delivery, WebhookView } from '../domain/webhooks/webhook.ts'
import type { PageData, RunningSwap } from './page-data.ts'

/** `swap_anyway` is a swap that overrides a reservation, with a reason. */
const hostActions = ['swap', 'swap_anyway', 'unload', 'dry_run', 'cancel', 'force_release'] as const
const scheduleActions = ['add_schedule', 'run_schedule', 'pause_schedule', 'resume_schedule', 'delete_schedule'] as const
const webhookActions = ['add_webhook', 'edit_webhook', 'enable_webhook', 'disable_webhook', 'test_webhook', 'delete_webhook', 'redeliver'] as const

const catalogActions = ['add_model', 'edit_model', 'reset_knobs', 'delete_model', 'delete_weights', 'download_model', 'cancel_download'] as const
const settingActions = ['change_setting'] as const
const serviceActions = ['restart_service', 'ask_deep', 'try_ways', 'look_at_disks'] as const

/** What a person can do on the pages. */
export type ActionName = (
  typeof hostActions | typeof scheduleActions | typeof webhookActions | typeof catalogActions | typeof settingActions | typeof serviceActions
)[number]

/** What an action is about, where it is no host. */
export interface Subject {
  readonly schedule?: ScheduleView
  readonly webhook?: WebhookView
  readonly delivery?: Delivery
  readonly model?: CatalogModel
  readonly setting?: SettingsView['settings'][number]
  readonly service?: ServiceStatus
}

/** A verdict is a value with a reason: the button stays visible and says it. */
export type Permit = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }
const allowed: Permit = { allowed: true }

/** What an action would be about: these hosts, this schedule, at this moment. */
interface Situation extends Subject {
  readonly status: Status
  readonly hosts: readonly HostStatus[]
  readonly reservation: ReservationView | null
}

interface Obstacle {
  readonly blocks: readonly ActionName[]
  /** The reason while the obstacle is there, otherwise null. */
  reason(situation: Situation): string | null
}

const changes = ['swap', 'swap_anyway', 'unload'] as const
/** What is asked of Temporal. Endpoints, settings and the catalog are kept in files. */
const asked = [
  ...hostActions,
  ...scheduleActions,
  ...serviceActions,
  'test_webhook',
  'redeliver',
  'delete_model',
  'delete_weights',
  'download_model',
  'cancel_download',
  'look_at_disks',
  'cancel_download',
] as const
const everything = [...hostActions, ...scheduleActions, ...webhookActions, ...catalogActions, ...settingActions, ...serviceActions]
const withWorker = asked.filter((action) => action !== 'cancel' && action !== 'delete_model')

const firstHost = (situation: Situation, test: (host: HostStatus) => boolean): HostStatus | undefined => situation.hosts.find(test)

/** Obstacle × actions, the most telling one first. */
const obstacles: readonly Obstacle[] = [
  { blocks: everything, reason: ({ status }) => (status.parts.config.ok ? null : 'The configuration has an error, see above.') },
  { blocks: asked, reason: ({ status }) => (status.parts.temporal.ok ? null : 'Temporal does not answer.') },
  {
    blocks: withWorker,
    reason: ({ status }) => (status.parts.worker.ok ? null : 'No worker answers.'),
  },
  {
    blocks: changes,
    reason: (situation) => {
      const host = firstHost(situation, ({ arbiter }) => arbiter === 'quarantined')
      return host ? `${host.name} is in quarantine until it is back and has been cleared.` : null
    },
  },
  {
    blocks: changes,
    reason: (situation) => {
      const host = firstHost(situation, ({ reachable, arbiter }) => reachable === false || arbiter === 'unreachable')
      return host ? `${host.name} cannot be ${host.reachable === true ? 'used' : 'reached'}.` : null
    },
  },
  {
    blocks: changes,
    reason: (situation) => {
      const host = firstHost(situation, ({ arbiter }) => arbiter === 'surveying' || arbiter === 'unknown')
      return host ? `${host.name} is still being looked at.` : null
    },
  },
  {
    blocks: ['swap', 'unload'],
    reason: ({ reservation }) => (reservation ? `${reservation.holder} holds the lock.` : null),
  },
  {
    blocks: ['unload'],
    reason: ({ hosts }) => (hosts.some(({ deployment }) => deployment !== null) ? null : 'Nothing is loaded.'),
  },
  {
    blocks: ['run_schedule', 'pause_schedule', 'resume_schedule'],
    reason: ({ schedule }) =>
      schedule?.kind === 'external' ? `It is fired by its own cron on ${schedule.host}, never from here: run, pause or resume it there.` : null,
  },
  { blocks: ['pause_schedule'], reason: ({ schedule }) => (schedule?.paused === true ? 'It is paused already.' : null) },
  { blocks: ['pause_schedule'], reason: ({ schedule }) => (schedule?.state === 'over' ? 'It is over: no run is to come.' : null) },
  { blocks: ['resume_schedule'], reason: ({ schedule }) => (schedule?.paused === false ? 'It is not paused.' : null) },
  {
    blocks: ['edit_webhook', 'disable_webhook', 'delete_webhook'],
    reason: ({ webhook }) => (webhook === undefined ? null : definedElsewhere[webhook.source]),
  },
  {
    // One that was switched off by itself may be switched on again, wherever it is defined.
    blocks: ['enable_webhook'],
    reason: ({ webhook }) => (webhook === undefined || webhook.disabled !== null ? null : definedElsewhere[webhook.source]),
  },
  { blocks: ['enable_webhook'], reason: ({ webhook }) => (webhook?.enabled === true ? 'It is on already.' : null) },
  { blocks: ['disable_webhook'], reason: ({ webhook }) => (webhook?.enabled === false ? 'It is off already.' : null) },
  {
    blocks: ['change_setting'],
    reason: ({ setting }) =>
      setting === undefined || setting.changeable
        ? null
        : setting.source === 'environment'
          ? `It is set by the environment (${setting.env ?? setting.name}): change it there.`
          : `It is only read from the environment (${setting.env ?? setting.name}), when Spark Control starts.`,
  },
  {
    blocks: ['delete_model'],
    reason: ({ model, status }) => {
      const hosts = model === undefined ? [] : status.hosts.filter(({ deployment }) => deployment?.model === model.key).map(({ name }) => name)
      return hosts.length === 0 ? null : `It is loaded on ${hosts.join(', ')}.`
    },
  },
  {
    blocks: ['delete_weights', 'download_model'],
    reason: ({ model }) => (model?.local === true ? 'Its weights are a folder of your own: they are neither fetched nor deleted from here.' : null),
  },
  { blocks: ['reset_knobs'], reason: ({ model }) => (model === undefined || knobsChanged(model) ? null : 'No setting differs from what ships.') },
  {
    blocks: ['restart_service'],
    reason: ({ service }) =>
      service === undefined || service.restartable ? null : 'Its container is not known: services-overrides.yaml can name it.',
  },
  { blocks: ['redeliver'], reason: ({ delivery }) => (delivery?.state === 'pending' ? 'It is still being tried by itself.' : null) },
]

/** Of an own model, any setting that is there is a change. */
const knobsChanged = ({ changed, origin, knobs }: CatalogModel): boolean =>
  origin === 'own'
    ? Object.values(knobs).some((value) => value !== undefined && !(Array.isArray(value) && value.length === 0))
    : changed.some((name) => name.startsWith('knobs.'))

/** Why an endpoint can't be changed here, and where it can. */
const definedElsewhere: Record<WebhookView['source'], string | null> = {
  api: null,
  file: 'It is defined in cluster.yaml: change it there.',
  environment: 'It is defined in the environment (WEBHOOK_URL): change it there.',
}

/** The reservation that stands in the way on these hosts, if any. No hosts = all. */
export function reservationOn(lock: Lock, hosts: readonly HostName[]): ReservationView | null {
  return lock.locks.find((held) => held.hosts.length === 0 || hosts.length === 0 || held.hosts.some((host) => hosts.includes(host))) ?? null
}

/** The running swap on these hosts, if any: a new one would have to stand in line. */
export function busyOn({ running }: Pick<PageData, 'running'>, hosts: readonly HostName[]): Swap | null {
  const touches = ({ swap }: RunningSwap): boolean => [...swap.hosts, ...swap.affected_hosts].some((host) => hosts.includes(host))
  return running.find(touches)?.swap ?? null
}

export function permit(action: ActionName, status: Status, hosts: readonly HostName[] = [], subject: Subject = {}): Permit {
  const situation = {
    ...subject,
    status,
    hosts: status.hosts.filter(({ name }) => hosts.includes(name)),
    reservation: reservationOn(status.lock, hosts),
  }
  for (const obstacle of obstacles) {
    const reason = obstacle.blocks.includes(action) ? obstacle.reason(situation) : null
    if (reason !== null) return { allowed: false, reason }
  }
  return allowed
}

/** Where a model may go: its own placement first; a model for one host may go to any host, one for several goes to just these, its head first. */
export function placements(model: Model, status: Status): readonly (readonly HostName[])[] {
  if (model.placement.length > 1) return [model.placement]
  if (model.anywhere) return status.hosts.map(({ name }) => [name])
  const others = status.hosts.map(({ name }) => name).filter((name) => !model.placement.includes(name))
  return [model.placement, ...others.map((name) => [name])]
}

/** A swap of this model, wherever it may go: allowed if one placement is; if none is, the reason of its own placement. */
export function permitAnywhere(action: ActionName, model: Model, status: Status): Permit {
  const verdicts = placements(model, status).map((hosts) => permit(action, status, hosts))
  return verdicts.find((verdict) => verdict.allowed) ?? verdicts[0] ?? permit(action, status)
}
