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
  schedules: '/schedules',
  webhooks: '/webhooks',
  audit: '/audit',
  docs: '/docs',
  events: '/events',
  schedulesPage: (values: { q?: string; kind?: string; page?: number }) => `/schedules${query(values)}`,
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
  swapLog: (id: string) => `/api/swap/${encodeURIComponent(id)}/log`,

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
