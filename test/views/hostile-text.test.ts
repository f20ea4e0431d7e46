import { expect, test } from 'vitest'
import { causeOf } from '../../domain/errors.ts'
import { nothingDone, refusal } from '../../views/answer.ts'
import { cancelDialog } from '../../views/dialogs/cancel.ts'
import { releaseDialog } from '../../views/dialogs/release.ts'
import { dryRunDialog, planReport } from '../../views/dialogs/report.ts'
import { swapDialog } from '../../views/dialogs/swap.ts'
import { unloadDialog } from '../../views/dialogs/unload.ts'
import { pageDocument, type PageName } from '../../views/page.ts'
import { dashboardRegions, type Regions } from '../../views/regions.ts'
import { curlBox, curlNotYet } from '../../views/as-curl.ts'
import { auditRegions } from '../../views/audit/regions.ts'
import { dayNightDialog } from '../../views/dialogs/schedules/day-night.ts'
import { deleteScheduleDialog, scheduleDialog } from '../../views/dialogs/schedules/details.ts'
import { externalDialog } from '../../views/dialogs/schedules/external.ts'
import { importDone, importReport } from '../../views/dialogs/schedules/import.ts'
import { managedDialog } from '../../views/dialogs/schedules/managed.ts'
import { deleteWebhookDialog, switchWebhookDialog, testWebhookDialog } from '../../views/dialogs/webhooks/deeds.ts'
import { deliveryDialog } from '../../views/dialogs/webhooks/delivery.ts'
import { webhookAdded, webhookDialog } from '../../views/dialogs/webhooks/endpoint.ts'
import { startedDownload } from '../../domain/storage/download.ts'
import { downloadList } from '../../views/catalog/downloads.ts'
import { folderBrowser } from '../../views/catalog/folders.ts'
import { modelRegions } from '../../views/catalog/regions.ts'
import { deleteWeightsDialog, diskOfModel, disksDialog } from '../../views/dialogs/catalog/disk.ts'
import { entryDialog } from '../../views/dialogs/catalog/entry.ts'
import { knobsDialog } from '../../views/dialogs/catalog/knobs.ts'
import { deleteModelDialog, modelDialog } from '../../views/dialogs/catalog/model.ts'
import { settingDialog } from '../../views/dialogs/setting.ts'
import { fleetRegions } from '../../views/fleet/regions.ts'
import { unknown } from '../../views/known.ts'
import { settingRegions } from '../../views/settings/regions.ts'
import { oneSwapRegions } from '../../views/swaps/one.ts'
import { scheduleRegions } from '../../views/schedules/regions.ts'
import { webhookRegions } from '../../views/webhooks/regions.ts'
import { change, someCatalog, someEndpoints, someSettings, someTelemetry } from './catalog-fixtures.ts'
import { conflict, external, managed, someDeliveries, someEvents, someSchedules, someWebhooks } from './coordination-fixtures.ts'
import { busyPage, model } from './fixtures.ts'

const hostile = `"><img src=x onerror=alert(1)>'&<script>`

/** The same data with every text in it replaced, but for times, states and codes that the views look up. */
function poisoned<T>(value: T, name = ''): T {
  const kept = /(_at|^at|^now|^tone|^state|^outcome|^phase|^arbiter|^code|^kind|^via|^source|^timestamp|^next_runs|^since)$/
  if (typeof value === 'string') return (kept.test(name) ? value : hostile) as T // a string stays one
  if (Array.isArray(value)) return value.map((item: unknown) => poisoned(item, name)) as T // an array stays one, item by item
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'phases' ? (inner as unknown) : poisoned(inner as unknown, key)]),
  ) as T // the same keys, each with a value of the same type
}

const data = poisoned({ ...busyPage(), schedules: { schedules: someSchedules(), conflicts: [conflict()] } })
const assets = { styles: ['/assets/app.css'], libraries: ['/assets/htmx.js'], script: '/assets/app.js', icon: '/assets/icon.svg' }
const poisonedModel = poisoned(model('m'))
const swap = data.status.swap!
const lock = data.status.lock.locks[0]!
const report = poisoned({
  model: 'm',
  hosts: ['h'],
  ok: false,
  checks: [{ host: 'h', check: 'c', ok: false, detail: 'd', cause: causeOf('disk_full', 'x', 'line') }],
  previous: [{ model: 'm', hosts: ['h'], restorable: false }],
  plan: [{ phase: 'stop' as const, host: 'h', command: 'c' }],
})
const problem = poisoned({
  type: 't',
  title: 't',
  status: 409,
  code: 'busy' as const,
  detail: 'd',
  advice: 'a',
  request_id: 'r',
  errors: [{ field: 'f', message: 'm' }],
})

const schedules = data.schedules
const catalog = poisoned(someCatalog(), 'models').map((one, i) => ({
  ...one,
  origin: someCatalog()[i]!.origin,
  launcher: someCatalog()[i]!.launcher,
}))
const folders = {
  host: 'h',
  path: '/p',
  parent: null,
  looks_like_model: true,
  weights_bytes: 1,
  folders: [{ name: 'n', path: '/p/n', looks_like_model: true, weights_bytes: 2 }],
  more: true,
}
const download = { ...startedDownload({ model: 'm', repo: 'a/b', host: 'h', holder: 'x' }, ['o'], 0), detail: 'd' }
const disk = {
  model: 'm',
  repo: 'r',
  local_path: null,
  local: false,
  hosts: [{ host: 'h', cause: null, path: 'p', state: 'there' as const, bytes: 1, free_bytes: 2 }],
}
const webhooks = poisoned(someWebhooks())
const deliveries = poisoned(someDeliveries())
const events = poisoned(someEvents()).map((event, i) => ({ ...event, type: someEvents()[i]!.type }))
const pageOf = (page: PageName, regions: Regions): string =>
  pageDocument({ page, stream: `/events?q=${hostile}`, status: data.status, regions }, assets)

const places: Record<string, () => string> = {
  'the dashboard': () => pageOf('dashboard', dashboardRegions(data)),
  'the swap dialog': () => swapDialog({ model: poisonedModel, data, force: true, attempt: hostile }).toString(),
  'the unload dialog': () => unloadDialog([hostile], data, hostile).toString(),
  'the cancel dialog': () => cancelDialog(swap, [poisonedModel]).toString(),
  'the release dialog': () => releaseDialog(lock).toString(),
  'the dry run dialog': () => dryRunDialog(poisonedModel, [hostile], [[hostile], ['other']]).toString(),
  'the page of schedules': () =>
    pageOf(
      'schedules',
      scheduleRegions({
        status: data.status,
        models: data.models,
        list: { known: true, value: schedules },
        filter: { q: hostile, kind: 'all', page: 1 },
      }),
    ),
  'the page of webhooks': () =>
    pageOf(
      'webhooks',
      webhookRegions({
        status: data.status,
        webhooks: { known: true, value: webhooks },
        deliveries: { known: true, value: { deliveries, next: hostile } },
        only: hostile,
        before: hostile,
      }),
    ),
  'the page of the audit trail': () =>
    pageOf(
      'audit',
      auditRegions({
        status: data.status,
        page: { known: true, value: { events, next: hostile } },
        type: hostile,
        since: hostile,
        origin: `http://${hostile}`,
      }),
    ),
  'the page of models': () =>
    pageOf(
      'models',
      modelRegions({
        status: data.status,
        models: { known: true, value: catalog },
        downloads: { known: true, value: [] },
        filter: { q: '', show: 'all', page: 1 },
      }),
    ),
  'the page of hosts': () =>
    pageOf(
      'hosts',
      fleetRegions({
        status: data.status,
        telemetry: { known: true, value: poisoned(someTelemetry()) },
        endpoints: { known: true, value: poisoned(someEndpoints()) },
      }),
    ),
  'the page of settings': () => pageOf('settings', settingRegions({ status: data.status, settings: poisoned(someSettings().settings) })),
  'the page of a swap': () =>
    pageOf(
      'swaps',
      oneSwapRegions({
        status: data.status,
        models: data.models,
        swap: { known: true, value: { swap, progress: null } },
        logs: {
          known: true,
          value: { logs: [{ of: hostile, host: hostile, container: hostile, container_id: hostile, bytes: 1, saved_at: swap.requested_at }] },
        },
        log: { known: true, value: { of: hostile, lines: [hostile], offset: 0, next_offset: 1, bytes: 1 } },
        of: hostile,
      }),
    ),
  'the knobs of a model': () => knobsDialog(catalog[1]!, data.status).toString(),
  'the details of a model': () =>
    modelDialog({ model: catalog[2]!, status: data.status, change: poisoned(change(someCatalog()[2]!)), disk: null }).toString(),
  'the form of a model': () =>
    entryDialog({
      model: catalog[2]!,
      local: true,
      hosts: [hostile],
      defaults: { image: hostile, container: hostile, launch_s: 1, launch_stall_s: 1 },
    }).toString(),
  'the question before a model goes': () => deleteModelDialog(catalog[0]!).toString(),
  'folders of a host': () => folderBrowser(poisoned(folders)).toString(),
  downloads: () => downloadList([poisoned(download)], data.status).toString(),
  'what lies on a disk': () =>
    [
      diskOfModel(poisoned(disk), catalog[0]!, data.status),
      disksDialog(poisoned({ hosts: [{ host: 'h', cause: null, cache: 'c', free_bytes: 1, size_bytes: 2, stored: [] }] })),
      deleteWeightsDialog(
        poisoned({
          dry_run: true as const,
          model: 'm',
          repo: 'r',
          host: 'h',
          paths: [{ path: 'p', bytes: 1 }],
          files: 1,
          bytes: 1,
          cause: null,
          also_used_by: ['n'],
        }),
      ),
    ].join(''),
  'a setting': () => settingDialog(poisoned(someSettings().settings)[5]!, data.status).toString(),
  'a part that is not known': () => unknown('schedules', problem).toString(),
  'the details of an external schedule': () =>
    scheduleDialog({ schedule: schedules.schedules[0]!, status: data.status, models: data.models }).toString(),
  'the details of a managed schedule': () =>
    scheduleDialog({ schedule: schedules.schedules[2]!, status: data.status, models: data.models }).toString(),
  'the question before a delete': () => deleteScheduleDialog(schedules.schedules[0]!).toString(),
  'the external dialog': () =>
    externalDialog({ values: poisoned(external('e', { every: 'x', hosts: ['h'] })), models: data.models, hosts: [hostile] }).toString(),
  'the managed dialog': () => managedDialog({ values: poisoned(managed('m')), models: data.models, hosts: [hostile] }).toString(),
  'the day and night dialog': () => dayNightDialog(data.models, [hostile]).toString(),
  'what an import found': () =>
    importReport(poisoned({ imported: [external('e')], skipped: [{ line: 1, text: 't', reason: 'r' }] }), hostile).toString(),
  'what an import did': () => importDone(poisoned({ imported: [], skipped: [{ line: 1, text: 't', reason: 'r' }] })).toString(),
  'the webhook dialog': () => webhookDialog(webhooks[0]!).toString(),
  'the new webhook': () => webhookAdded({ ...webhooks[0]!, secret: hostile }).toString(),
  'the webhook questions': () =>
    [testWebhookDialog, switchWebhookDialog, deleteWebhookDialog].map((dialog) => dialog(webhooks[0]!).toString()).join(''),
  'the delivery dialog': () => deliveryDialog(deliveries[0]!, data.status).toString(),
  'a curl line': () => curlBox([{ method: 'POST', path: `/${hostile}`, body: { reason: hostile } }], `http://${hostile}`).toString(),
  'what a curl line lacks': () => curlNotYet(problem).toString(),
  'the report': () => planReport(report, [poisonedModel]).toString(),
  'a refusal': () => refusal(problem).toString(),
  'a notice': () => nothingDone(hostile).toString(),
}

test.each(Object.entries(places))('text from outside stays text in %s', (_, show) => {
  const markup = show()
  expect(markup).toContain('&lt;img')
  expect(markup).not.toContain('<img')
  expect(markup).not.toContain('<script>')
})

test('nothing on the page needs inline script, inline style or evaluation', () => {
  const markup = Object.values(places)
    .map((show) => show())
    .join('')
  expect(markup).not.toMatch(/\sstyle=/)
  expect(markup).not.toMatch(/\son[a-z]+=(?!alert)/)
  expect(markup).not.toMatch(/hx-on|js:|javascript:/)
  expect(new Set(markup.match(/<script[^>]*>/g))).toEqual(new Set(['<script src="/assets/htmx.js">', '<script src="/assets/app.js" defer>']))
})
