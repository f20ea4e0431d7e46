import { sparse, type KnobsChange, type ModelEntryBody, type NewModelBody } from '../domain/catalog-model.ts'
import type { DiscoverBody } from '../domain/discovery/visit.ts'
import type { SaveSetupBody } from '../domain/discovery/view.ts'
import type { EventType } from '../domain/events.ts'
import type { z } from 'zod'
import type { ForceReleaseBody } from '../domain/lock.ts'
import type { ImportBody, ScheduleBody } from '../domain/scheduling/schedule.ts'
import type { SettingsChange } from '../domain/settings-view.ts'
import type { DownloadBody } from '../domain/storage/download.ts'
import type { SwapBody } from '../domain/swap.ts'
import type { WebhookBody } from '../domain/webhooks/webhook.ts'
import { placeholder, type ApiRequest } from './curl.ts'

const id = encodeURIComponent
const schedule = (key: string, end = ''): string => `/api/schedule/${id(key)}${end}`
const webhook = (key: string, end = ''): string => `/api/webhooks/${id(key)}${end}`

const model = (key: string, end = ''): string => `/api/models/${id(key)}${end}`
const onlyTried = (dryRun: boolean): Pick<ApiRequest, 'query'> => (dryRun ? { query: { dry_run: 'true' } } : {})

/** A holder's token; curl leaves the header away while the variable is empty. */
const ifLocked = { 'X-Swap-Lock-Token': placeholder('TOKEN') }

/** For each form of the pages, the request that does the same. */
export const apiRequests = {
  swap: (body: SwapBody, force: boolean): ApiRequest => ({
    method: 'POST',
    path: '/api/swap',
    ...(force ? { query: { force: 'true' } } : { headers: ifLocked }),
    body,
  }),
  cancel: (swapId: string, reason: string): ApiRequest => ({ method: 'POST', path: `/api/swap/${id(swapId)}/cancel`, body: { reason } }),
  forceRelease: (body: z.output<typeof ForceReleaseBody>): ApiRequest => ({
    method: 'DELETE',
    path: '/api/swap/lock',
    query: { force: 'true' },
    body,
  }),
  check: (model: string, hosts: readonly string[]): ApiRequest => ({
    method: 'POST',
    path: `/api/swap/${id(model)}/validate`,
    body: { hosts: hosts.length === 0 ? undefined : hosts },
  }),

  createModel: ({ key, ...entry }: NewModelBody, dryRun: boolean): ApiRequest => ({
    method: 'POST',
    path: '/api/models',
    ...onlyTried(dryRun),
    body: { key, ...sparse(entry) },
  }),
  replaceModel: (key: string, entry: ModelEntryBody, dryRun: boolean): ApiRequest => ({
    method: 'PUT',
    path: model(key),
    ...onlyTried(dryRun),
    body: sparse(entry),
  }),
  setKnobs: (key: string, body: KnobsChange, dryRun: boolean): ApiRequest => ({
    method: 'PUT',
    path: model(key, '/knobs'),
    ...onlyTried(dryRun),
    body,
  }),
  resetKnobs: (key: string): ApiRequest => ({ method: 'DELETE', path: model(key, '/knobs') }),
  deleteModel: (key: string): ApiRequest => ({ method: 'DELETE', path: model(key) }),
  download: (key: string, { hosts, copy_to }: DownloadBody): ApiRequest => ({
    method: 'POST',
    path: model(key, '/download'),
    body: { hosts, copy_to },
  }),
  cancelDownload: (downloadId: string): ApiRequest => ({ method: 'POST', path: `/api/downloads/${id(downloadId)}/cancel` }),
  deleteWeights: (key: string, host: string): ApiRequest => ({ method: 'DELETE', path: model(key, '/disk'), query: { host }, headers: ifLocked }),

  restartService: (name: string): ApiRequest => ({ method: 'POST', path: `/api/services/${id(name)}/restart`, headers: ifLocked }),
  tryWays: (): ApiRequest => ({ method: 'GET', path: '/api/connectivity' }),
  discoverHost: (body: DiscoverBody): ApiRequest => ({ method: 'POST', path: '/api/hosts/discover', body }),
  saveSetup: (body: SaveSetupBody): ApiRequest => ({ method: 'POST', path: '/api/hosts/setup/save', body }),

  askDeep: (): ApiRequest => ({ method: 'GET', path: '/api/health/deep' }),

  changeSettings: (body: SettingsChange): ApiRequest => ({ method: 'PUT', path: '/api/settings', body }),

  putSchedule: (body: ScheduleBody): ApiRequest => ({ method: 'POST', path: '/api/schedule', body }),
  importSchedules: (body: ImportBody): ApiRequest => ({ method: 'POST', path: '/api/schedule/import', body }),
  runSchedule: (key: string): ApiRequest => ({ method: 'POST', path: schedule(key, '/run') }),
  pauseSchedule: (key: string): ApiRequest => ({ method: 'POST', path: schedule(key, '/pause') }),
  resumeSchedule: (key: string): ApiRequest => ({ method: 'POST', path: schedule(key, '/resume') }),
  deleteSchedule: (key: string): ApiRequest => ({ method: 'DELETE', path: schedule(key) }),

  createWebhook: (body: WebhookBody): ApiRequest => ({ method: 'POST', path: '/api/webhooks', body: withoutSecret(body) }),
  updateWebhook: (key: string, body: WebhookBody): ApiRequest => ({ method: 'PUT', path: webhook(key), body: withoutSecret(body) }),
  testWebhook: (key: string): ApiRequest => ({ method: 'POST', path: webhook(key, '/test') }),
  deleteWebhook: (key: string): ApiRequest => ({ method: 'DELETE', path: webhook(key) }),
  redeliver: (deliveryId: string): ApiRequest => ({ method: 'POST', path: `/api/webhooks/deliveries/${id(deliveryId)}/redeliver` }),

  events: (types: readonly EventType[], since: string | null): ApiRequest => ({
    method: 'GET',
    path: '/api/events',
    query: eventQuery(types, since),
  }),
  followEvents: (types: readonly EventType[]): ApiRequest => ({ method: 'GET', path: '/api/events/stream', query: eventQuery(types, null) }),
} as const

/** A secret that was typed is never shown again. */
const withoutSecret = (body: WebhookBody): Record<string, unknown> => ({
  ...body,
  secret: body.secret === undefined ? undefined : placeholder('SECRET'),
})

const eventQuery = (types: readonly EventType[], since: string | null): Record<string, string> => ({
  ...(types.length > 0 && { type: types.join(',') }),
  ...(since !== null && { since }),
})
