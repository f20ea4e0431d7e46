import type { HostName } from '../domain/names.ts'

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>

const query = (values: Query): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value])
      if (one !== undefined && one !== '') search.append(name, String(one)) // an array here holds texts
  }
  return search.size === 0 ? '' : `?${search.toString()}`
}

const dialog = (name: string, values: Query = {}): string => `/ui/dialog/${name}${query(values)}`

/** Every address that the pages ask or post to. The routes in api/pages use the same names. */
export const paths = {
  home: '/',
  models: '/models',
  hosts: '/hosts',
  swaps: '/swaps',
  settings: '/settings',
  schedules: '/schedules',
  webhooks: '/webhooks',
  audit: '/audit',
  docs: '/docs',
  events: '/events',
  schedulesPage: (values: { q?: string; kind?: string; page?: number }) => `/schedules${query(values)}`,
  modelsPage: (values: { q?: string; show?: string; page?: number }) => `/models${query(values)}`,
  swapsPage: (values: { id?: string; of?: string; before?: string; model?: string }) => `/swaps${query(values)}`,
  webhooksPage: (values: { before?: string; webhook?: string }) => `/webhooks${query(values)}`,
  auditPage: (values: { type?: string; since?: string }) => `/audit${query(values)}`,
  /** The stream of a page: what it shows is told by the same query as the page's own. */
  stream: (page: string, values: Query = {}) => (page === 'dashboard' ? '/events' : `/events${query({ view: page, ...values })}`),

  swap: '/ui/swap',
  unload: '/ui/unload',
  cancel: '/ui/cancel',
  forceRelease: '/ui/lock/release',
  dryRun: '/ui/dry-run',
  swapDialog: (model: string, force = false) => dialog('swap', { model, force: force ? '1' : undefined }),
  dryRunDialog: (model: string, hosts: readonly HostName[]) => dialog('dry-run', { model, hosts }),
  unloadDialog: (hosts: readonly HostName[]) => dialog('unload', { hosts }),
  cancelDialog: (id: string) => dialog('cancel', { id }),
  releaseDialog: (hosts: readonly HostName[]) => dialog('release', { hosts }),
  swapLog: (id: string, of: string | null) => `/api/swap/${encodeURIComponent(id)}/log${query({ lines: 2000, of: of ?? undefined })}`,

  setup: '/setup',
  lookAtHost: '/ui/setup/look',
  saveSetup: '/ui/setup/save',
  lookStatePath: '/ui/setup/look-state',
  lookEndPath: '/ui/setup/look-end',
  lookEnd: (id: string, before: readonly string[]) => `/ui/setup/look-end${query({ id, with: before.join(',') })}`,
  lookState: (id: string, before: readonly string[]) => `/ui/setup/look-state${query({ id, with: before.join(',') })}`,
  /** null: nothing is filled in yet. */
  addHostDialog: (peer: { address: string; user: string | null; discoveries: readonly string[] } | null) =>
    dialog('add-host', peer === null ? {} : { address: peer.address, user: peer.user ?? undefined, with: peer.discoveries.join(',') }),

  addModel: '/ui/models/add',
  editModel: '/ui/models/edit',
  editKnobs: '/ui/models/knobs',
  resetKnobs: '/ui/models/knobs/reset',
  previewKnobs: '/ui/models/knobs/preview',
  previewModel: '/ui/models/edit/preview',
  previewNewModel: '/ui/models/add/preview',
  folders: (host: string, path: string | null) => `/ui/models/folders${query({ host, path: path ?? undefined })}`,
  downloadModel: '/ui/models/download',
  cancelDownload: '/ui/models/download/cancel',
  deleteWeights: '/ui/models/disk/delete',
  modelDisk: (key: string) => `/ui/models/disk${query({ key })}`,
  deletionState: (id: string) => `/ui/models/disk/deletion${query({ id })}`,
  downloadDialog: (key: string) => dialog('download-model', { key }),
  cancelDownloadDialog: (id: string) => dialog('cancel-download', { id }),
  deleteWeightsDialog: (key: string, host: string) => dialog('delete-weights', { key, host }),
  disksDialog: dialog('disks'),
  useFolder: (path: string) => `/ui/models/local-path${query({ path })}`,
  deleteModel: '/ui/models/delete',
  addModelDialog: (local = false) => dialog('add-model', { local: local ? '1' : undefined }),
  modelDialog: (key: string) => dialog('model', { key }),
  editModelDialog: (key: string) => dialog('edit-model', { key }),
  knobsDialog: (key: string) => dialog('knobs', { key }),
  deleteModelDialog: (key: string) => dialog('delete-model', { key }),

  changeSetting: '/ui/settings/change',
  resetSetting: '/ui/settings/reset',
  settingDialog: (name: string) => dialog('setting', { name }),

  restartService: '/ui/services/restart',
  tryWays: '/ui/hosts/connectivity',
  askDeep: '/ui/hosts/deep-health',
  restartServiceDialog: (name: string) => dialog('restart-service', { name }),
  waysDialog: dialog('connectivity'),
  deepDialog: dialog('deep-health'),
  restartState: (id: string) => `/ui/services/restart-state${query({ id })}`,

  addExternal: '/ui/schedules/external',
  readCrontabLine: '/ui/schedules/read-line',
  addManaged: '/ui/schedules/managed',
  addDayNight: '/ui/schedules/day-night',
  importSchedules: '/ui/schedules/import',
  runSchedule: '/ui/schedules/run',
  pauseSchedule: '/ui/schedules/pause',
  resumeSchedule: '/ui/schedules/resume',
  deleteSchedule: '/ui/schedules/delete',
  externalDialog: dialog('external-schedule'),
  managedDialog: dialog('managed-schedule'),
  dayNightDialog: dialog('day-night'),
  importDialog: dialog('import-schedules'),
  scheduleDialog: (id: string) => dialog('schedule', { id }),
  editExternalDialog: (id: string) => dialog('external-schedule', { id }),
  editManagedDialog: (id: string) => dialog('managed-schedule', { id }),
  deleteScheduleDialog: (id: string) => dialog('delete-schedule', { id }),

  addWebhook: '/ui/webhooks/add',
  editWebhook: '/ui/webhooks/edit',
  switchWebhook: '/ui/webhooks/switch',
  testWebhook: '/ui/webhooks/test',
  deleteWebhook: '/ui/webhooks/delete',
  redeliver: '/ui/webhooks/redeliver',
  addWebhookDialog: dialog('add-webhook'),
  editWebhookDialog: (id: string) => dialog('edit-webhook', { id }),
  switchWebhookDialog: (id: string) => dialog('switch-webhook', { id }),
  testWebhookDialog: (id: string) => dialog('test-webhook', { id }),
  deleteWebhookDialog: (id: string) => dialog('delete-webhook', { id }),
  deliveryDialog: (id: string) => dialog('delivery', { id }),
  deliveryState: (id: string) => `/ui/webhooks/delivery${query({ id })}`,
} as const
