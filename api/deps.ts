import type { Logger } from 'pino'
import type { ConfigSource } from '../config/load.ts'
import type { CatalogChange, CatalogModel, KnobsChange, ModelEntryBody, NewModelBody } from '../domain/catalog-model.ts'
import type { Lock, LockGranted } from '../domain/lock.ts'
import type { Model } from '../domain/model.ts'
import type { Status } from '../domain/status.ts'
import type { LogOf, LogPlace, SwapLogList, SwapLogPage } from '../domain/swap-log.ts'
import type { Telemetry } from '../domain/telemetry/telemetry.ts'
import type { SwapAnswer, SwapPage, SwapProgress } from '../domain/swap-answer.ts'
import type { Outcome, PlanReport, Swap, SwapBody } from '../domain/swap.ts'
import type { z } from 'zod'
import type { Metrics } from './metrics.ts'
import type { AcquireBody, ForceReleaseBody } from '../domain/lock.ts'
import type { Actor, AuditEvent, EventPage, EventType } from '../domain/events.ts'
import type { ImportBody, ImportReport, ScheduleBody, ScheduleList, ScheduleView } from '../domain/scheduling/schedule.ts'
import type { ConnectivityReport } from '../domain/connectivity.ts'
import type { DiscoverBody } from '../domain/discovery/visit.ts'
import type { DiscoveryView, SaveSetupBody, SetupProposal, SetupSaved } from '../domain/discovery/view.ts'
import type { DeepReport } from '../domain/services/deep-report.ts'
import type { Endpoints } from '../domain/services/endpoints.ts'
import type { ServiceRestart } from '../domain/services/restart.ts'
import type { SettingsChange, SettingsView } from '../domain/settings-view.ts'
import type { DeletionReport, Disks, DiskDeletion, ModelDisk } from '../domain/storage/disk.ts'
import type { Download, DownloadBody, DownloadsStarted } from '../domain/storage/download.ts'
import type { FolderList } from '../domain/storage/question.ts'
import type { Delivery, DeliveryPage, WebhookBody, WebhookCreated, WebhookView } from '../domain/webhooks/webhook.ts'

/** Who asks, as far as the request tells. */
export interface Caller {
  /** The secret of `X-Swap-Lock-Token`; only its SHA-256 leaves this process. */
  readonly lockToken: string | null
  readonly idempotencyKey: string | null
  /** `X-Spark-Schedule`: the schedule that this request belongs to. */
  readonly schedule: string | null
  /** A name for others to read: `X-Spark-Holder`, else the schedule's, or `dashboard` for the page. */
  readonly name: string | null
  /** Where the request came from; null for what no request asked. */
  readonly address: string | null
}

export interface SwapQuery {
  readonly limit: number
  readonly before?: string | undefined
  readonly model?: string | undefined
  readonly outcome?: Outcome | undefined
}

/** A swap and how far it is. `lines` are the newest lines of its log. */
export interface SwapView {
  readonly swap: Swap
  readonly progress: SwapProgress | null
}

/** One message of `GET /api/swap/{id}/stream`. `id` is `<revision>.<log byte offset>`: any API process resumes from it. */
export interface SwapStreamEvent {
  readonly id: string
  readonly event: 'swap' | 'log' | 'progress' | 'end'
  readonly data: unknown
}

/** The audit trail: files that the workers write. */
export interface EventControl {
  /** Newest first without `since`; with it (a `seq`, or a time) oldest first from there on. Needs no Temporal. */
  list(query: { types: readonly EventType[] | null; since: string | null; limit: number }): Promise<EventPage>
  /** What comes after `afterSeq` (null: from now on), until `signal` fires. */
  watch(query: { types: readonly EventType[] | null; afterSeq: number | null }, signal: AbortSignal): AsyncIterable<AuditEvent>
}

/** Endpoints and deliveries. Throws `unknown_webhook`, `unknown_delivery`, `webhook_read_only`, `webhook_url_denied`, `config_changed`, `data_dir_…`. */
export interface WebhookControl {
  list(): Promise<WebhookView[]>
  create(body: WebhookBody, actor: Actor): Promise<WebhookCreated>
  update(id: string, body: WebhookBody, actor: Actor): Promise<WebhookView>
  remove(id: string, actor: Actor): Promise<void>
  /** Sends a `ping` through the same way as events go; the delivery tells how it went. */
  test(id: string, actor: Actor): Promise<Delivery>
  deliveries(query: { limit: number; before?: string | undefined; webhook?: string | undefined }): Promise<DeliveryPage>
  redeliver(deliveryId: string, actor: Actor): Promise<Delivery>
}

/** The catalog's changes. Throws `unknown_model`, `model_exists`, `model_in_use`, `invalid_request`, `config_changed`, `data_dir_…`. With `save` false nothing is written. */
export interface ModelControl {
  list(): CatalogModel[]
  read(key: string): CatalogModel
  create(body: NewModelBody, save: boolean, actor: Actor): Promise<CatalogChange>
  /** An own model becomes just this; of one that ships, what is left out stays as it ships. */
  replace(key: string, entry: ModelEntryBody, save: boolean, actor: Actor): Promise<CatalogChange>
  /** null: all knobs as they ship, or, of an own model, as by default. */
  setKnobs(key: string, change: KnobsChange | null, save: boolean, actor: Actor): Promise<CatalogChange>
  /** An own model goes, one that ships is hidden. Files on the hosts stay. */
  remove(key: string, actor: Actor): Promise<void>
}

/** Settings with where their values come from. Throws `invalid_request`, `setting_fixed`, `config_changed`, `data_dir_…`, `not_configured`. */
export interface SettingControl {
  list(): SettingsView
  /** null takes a setting back to its default. All or nothing. */
  change(changes: SettingsChange, actor: Actor): Promise<SettingsView>
}

/** What runs beside the models. Throws `unknown_service`, `service_not_restartable`, `unknown_restart`, and what the gate refuses with. */
export interface ServiceControl {
  endpoints(): Promise<Endpoints>
  /** A real question to everything that serves; it may take a minute. */
  deepHealth(): Promise<DeepReport>
  connectivity(): Promise<ConnectivityReport>
  /** Begun when this returns. A repeat under the same Idempotency-Key is the same restart. */
  restart(name: string, caller: Caller): Promise<ServiceRestart>
  readRestart(id: string): Promise<ServiceRestart>
}

/** Times in milliseconds since 1970; null: the usual. */
export interface TelemetryQuery {
  readonly host: string | null
  readonly since: number | null
  readonly stepS: number | null
}

export interface TelemetryControl {
  /** Throws `unknown_host`, `not_configured`, `config_invalid`. */
  read(query: TelemetryQuery): Promise<Telemetry>
}

/** Machines that become hosts. Throws `unknown_discovery`, `discovery_not_done`, `invalid_request`, `config_changed`, `config_invalid`, `data_dir_…`. */
export interface SetupControl {
  /** Begun when this returns. Without a pinned host key it ends by showing it. */
  discover(body: DiscoverBody): Promise<DiscoveryView>
  /** Waits for its end, at most so long. */
  read(id: string, waitS?: number, gone?: AbortSignal): Promise<DiscoveryView>
  propose(discoveries: readonly string[]): Promise<SetupProposal>
  save(body: SaveSetupBody, actor: Actor): Promise<SetupSaved>
}

/** Downloads of weights. Throws `unknown_model`, `unknown_host`, `local_model`, `unknown_download`, `download_ended`. */
export interface DownloadControl {
  /** Begun when this returns; one that is under way already is joined. */
  start(key: string, body: DownloadBody, caller: Caller): Promise<DownloadsStarted>
  list(): Promise<{ downloads: Download[] }>
  read(id: string): Promise<Download>
  cancel(id: string): Promise<Download>
}

/** The hosts' disks. Throws `unknown_model`, `unknown_host`, `local_model`, `local_path_…`, `model_in_use`, `download_running`, and what the gate refuses with. */
export interface StorageControl {
  /** Folders of a host that may hold local models; null: where they may lie at all. */
  folders(host: string, path: string | null): Promise<FolderList>
  disk(): Promise<Disks>
  modelDisk(key: string): Promise<ModelDisk>
  /** What a deletion would take away. Changes nothing. */
  planDeletion(key: string, host: string): Promise<DeletionReport>
  /** Over when this returns, or under way after some seconds. */
  delete(key: string, host: string, caller: Caller): Promise<DiskDeletion>
  readDeletion(id: string): Promise<DiskDeletion>
}

/** Schedules. Throws `unknown_schedule`, `schedule_exists`, `cron_invalid`, … */
export interface ScheduleControl {
  list(): Promise<ScheduleList>
  read(id: string): Promise<ScheduleView>
  /** Registers, or registers again under the same id. */
  put(body: ScheduleBody, actor: Actor): Promise<{ created: boolean; schedule: ScheduleView }>
  remove(id: string, actor: Actor): Promise<void>
  /** A job says that it ran (`done`), begins (`start`), or failed. */
  ping(id: string, what: 'done' | 'start' | 'fail', actor: Actor, detail?: string): Promise<ScheduleView>
  run(id: string, actor: Actor): Promise<ScheduleView>
  pause(id: string, actor: Actor): Promise<ScheduleView>
  resume(id: string, actor: Actor): Promise<ScheduleView>
  import(body: ImportBody, actor: Actor): Promise<ImportReport>
}

/**
 * All that can be read and done here, the same for REST routes and pages. Every function throws `Problem` (domain/problem.ts) when it refuses.
 * Reads are cached for up to a second, so that many viewers cost one look.
 */
export interface Control {
  /** Never throws: parts that are down are said in `parts`, and what is unknown is null. */
  readStatus(): Promise<Status>
  readLock(): Promise<Lock>
  readModels(): readonly Model[]
  /** Throws `unknown_model` with near names. */
  readModel(key: string): Model
  listSwaps(query: SwapQuery): Promise<SwapPage>
  readSwap(id: string): Promise<SwapView>
  /** Lines of a swap's own log (`of` null; empty for a swap that wrote none), or of the last words of a container that it stopped. Throws `unknown_log`. */
  readSwapLog(id: string, of: LogOf | null, place: LogPlace): Promise<SwapLogPage>
  /** Which logs a swap has. */
  listSwapLogs(id: string): Promise<SwapLogList>
  /** Messages from `lastEventId` on, until the swap has ended or `signal` fires. */
  watchSwap(id: string, lastEventId: string | null, signal: AbortSignal): AsyncIterable<SwapStreamEvent>

  /** With `dry_run` the answer is `planned` and nothing changes. `force` overrides a reservation and needs `body.reason`. */
  requestSwap(body: SwapBody, caller: Caller, options?: { force?: boolean }): Promise<SwapAnswer>
  /** A queued swap is withdrawn, a running one is cancelled gracefully. Throws `swap_ended`, `unknown_swap`. */
  cancelSwap(id: string, reason: string, caller: Caller): Promise<Swap>
  /** Preflight alone, as a report. Changes nothing. */
  checkModel(key: string, hosts?: readonly string[]): Promise<PlanReport>

  /** Takes the lock; `created` is false when the same token held it already. Waits up to `waitS` while someone else holds it. */
  acquireLock(body: z.output<typeof AcquireBody>, caller: Caller, wait?: LockWait): Promise<{ created: boolean; lock: z.infer<typeof LockGranted> }>
  extendLock(ttlS: number, token: string, caller: Caller): Promise<z.infer<typeof LockGranted>>
  /** `released` is 0 for a repeat whose first answer was lost. Throws `lock_stale`: someone else may hold it by now. */
  releaseLock(token: string, caller: Caller): Promise<{ released: number }>
  /** Ends others' reservations; never touches a running swap. */
  forceReleaseLock(body: z.output<typeof ForceReleaseBody>, caller: Caller): Promise<{ released: number }>

  readonly events: EventControl
  readonly webhooks: WebhookControl
  readonly schedules: ScheduleControl
  readonly models: ModelControl
  readonly settings: SettingControl
  readonly services: ServiceControl
  readonly downloads: DownloadControl
  readonly storage: StorageControl
  readonly setup: SetupControl
  readonly telemetry: TelemetryControl
}

/** How a caller waits for the lock: so long, and no longer than it is there itself. */
export interface LockWait {
  readonly waitS: number
  /** Fires when the caller goes away. */
  readonly gone: AbortSignal
  /** Resolves when the caller has its whole answer; rejects when it went away before. */
  readonly answered: Promise<void>
}

/** What createApp and the pages are given. */
export interface AppDeps {
  readonly control: Control
  readonly config: ConfigSource
  readonly log: Logger
  readonly metrics: Metrics
}
