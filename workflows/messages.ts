import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { ArbiterView, Command, DecideReply, Go, SwapEnd } from '../domain/arbitration/command.ts'
import type { ArbiterState } from '../domain/arbitration/state.ts'
import type { DiscoverBody, PrepareHost } from '../domain/discovery/visit.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Actor, OutboxEntry } from '../domain/events.ts'
import { guardianWorkflowType } from '../domain/guardian/incident.ts'
import type { RegistryNews, RegistryState, ScheduleBatch, ScheduleReply } from '../domain/scheduling/command.ts'
import type { PhaseName, Swap } from '../domain/swap.ts'
import type { Download } from '../domain/storage/download.ts'
import type { StorageQuestion } from '../domain/storage/question.ts'
import { deliveryWorkflowType } from '../domain/webhooks/delivery.ts'

/** All that crosses a workflow's border: the only file of this room that others may import. */

/** The arbiter's one Update (ARBITER.md A1). */
export const decide = defineUpdate<DecideReply, [readonly Command[]]>('decide')
export const arbiterState = defineQuery<ArbiterView>('state')
/** What the watch follows: workflows that occupy hosts or wait for them, and since when the arbiter knows of them (E2). */
export const arbiterWatched = defineQuery<readonly { readonly workflowId: string; readonly since: number }[]>('watched')
/** The outbox: events that nobody has written down yet, oldest first (A6). Whoever has written them tells the arbiter by the activity's result. */
export const arbiterOutbox = defineQuery<readonly OutboxEntry[]>('outbox')
export const swapPhase = defineSignal<[{ swapId: string; phase: PhaseName; expectedEndAt: number | null }]>('swapPhase')
export const swapEnded = defineSignal<[SwapEnd]>('swapEnded')
/** For a person with only Temporal's CLI or UI left. */
export const forceReleaseByHand = defineSignal<[{ reason: string; by?: string; hosts?: string[] }]>('forceRelease')

/** The arbiter tells a waiting swap to begin; it may come twice (G4). */
export const go = defineSignal<[Go]>('go')
/** Why a waiting swap will not get its turn; its cancellation follows (G5). One that missed it learns the same when it asks `still_waiting`. */
export const withdrawn = defineSignal<[{ readonly code: ErrorCode; readonly message: string | null }]>('withdrawn')
export const progress = defineQuery<Swap>('progress')

/** The schedule registry's one Update: a batch, decided at once. */
export const scheduling = defineUpdate<ScheduleReply, [ScheduleBatch]>('scheduling')
/** All schedules; null to a reader who knows this version. */
export const schedules = defineQuery<RegistryNews, [knownVersion: number | null]>('schedules')

export const workflowTypes = {
  arbiter: 'gpuArbiter',
  swap: 'swap',
  check: 'check',
  monitor: 'monitor',
  webhookDelivery: deliveryWorkflowType,
  scheduleRegistry: 'scheduleRegistry',
  managedRun: 'managedRun',
  externalRun: 'externalRun',
  serviceRestart: 'serviceRestart',
  deepHealth: 'deepHealth',
  discover: 'discover',
  prepareForCluster: 'prepareForCluster',
  connectivity: 'connectivity',
  storageLook: 'storageLook',
  download: 'download',
  diskDelete: 'diskDelete',
  guardian: guardianWorkflowType,
} as const

/** A worker that dies with the arbiter's task in hand holds everyone up for so long (ARBITER.md A8). */
export const arbiterTaskTimeout = '3s'

/** Argument of the arbiter: `carried` is null for a fresh one, its own state after continue-as-new (A6). */
export interface ArbiterRequest {
  readonly clusterId: string
  /** As the starter read them in cluster.yaml; the arbiter asks again before it grants any. */
  readonly hosts: readonly string[]
  readonly carried: ArbiterState | null
  /** After so many batches the next run takes over; without it, some way below the server's limit. */
  readonly batchesARun?: number
}
export interface MonitorRequest {
  readonly clusterId: string
}

/** Argument of the schedule registry: `carried` is null for a fresh one, its own state after continue-as-new. */
export interface RegistryRequest {
  readonly clusterId: string
  readonly carried: RegistryState | null
  /** After so many batches the next run takes over; without it, some way below the server's limit. */
  readonly batchesARun?: number
}

/** Argument of what a schedule in Temporal starts: `managedRun`, and `externalRun`, which only records that it was started. */
export interface ScheduledRunRequest {
  readonly clusterId: string
  readonly scheduleId: string
}

/** Argument of the `swap` workflow: the accepted command's facts. The rest comes with `go`. */
export interface SwapRequest {
  readonly clusterId: string
  readonly swapId: string
  readonly model: string | null
  readonly hosts: readonly string[]
  readonly holder: string | null
  readonly schedule: string | null
  readonly reason: string | null
  readonly onFailure: 'restore' | 'leave'
  readonly onDrainTimeout: 'go_on' | 'fail'
  readonly drainS: number
  readonly acceptedAt: number
  readonly queueLimitS: number
  readonly deadlineS: number
  /** Of the request under its Idempotency-Key; absent where an earlier version accepted it, as the next one. */
  readonly requestHash?: string
  /** The memory estimate refuses nothing. */
  readonly ignoreEstimate?: boolean
  /** Mark under which others may join it. */
  readonly joinable?: string | null
}

/** Memo of a swap workflow: `swap` is its record (upserted at each change, so that readers need no worker), `request` what a fresh arbiter rebuilds its queue from (E4). */
export interface SwapMemo {
  readonly swap: Swap
  readonly request: SwapRequest & { readonly tokenHash: string | null }
  /** The model as it was launched, from `go` on: a survey finds it again for a restore. */
  readonly snapshot?: unknown
}

/** Argument of the `check` workflow: a dry run (ARBITER.md G8). Its result is a PlanReport. */
export interface CheckRequest {
  readonly clusterId: string
  readonly model: string | null
  readonly hosts: readonly string[]
  readonly onFailure: 'restore' | 'leave'
  readonly ignoreEstimate?: boolean
}

/** Argument of a `serviceRestart`: the claim that the gate has granted it. */
export interface ServiceRestartRequest {
  readonly clusterId: string
  readonly host: string
  readonly container: string
  readonly claimId: string
  readonly fence: number
  readonly by: Actor
}

/** Argument of `discover`. Its result is a VisitEnd. */
export interface DiscoverRequest {
  readonly clusterId: string
  readonly host: DiscoverBody
}

/** Argument of `prepareForCluster`. Its result is a list of Prepared. */
export interface PrepareRequest {
  readonly clusterId: string
  readonly hosts: readonly PrepareHost[]
}

/** Argument of a `storageLook`. */
export interface StorageLookRequest {
  readonly question: StorageQuestion
}

/** Argument of a `download`; its memo has the record, as `download`. */
export interface DownloadRequest {
  readonly clusterId: string
  readonly record: Download
  /** Of the catalog, for a repository whose size nobody tells. */
  readonly weightsGib: number | null
  readonly limitS: number
  readonly stallS: number
}

/** Argument of a `diskDelete`: the claim that the gate has granted it. */
export interface DiskDeleteRequest {
  readonly clusterId: string
  readonly model: string
  readonly repo: string
  readonly host: string
  readonly claimId: string
  readonly fence: number
  readonly by: Actor
}

/** Argument of `deepHealth` and `connectivity`. */
export interface HealthRequest {
  readonly clusterId: string
}
