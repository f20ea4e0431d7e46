import { expect, test } from 'vitest'
import { causeOf } from '../../domain/errors.ts'
import { nothingDone, refusal } from '../../views/answer.ts'
import { cancelDialog } from '../../views/dialogs/cancel.ts'
import { releaseDialog } from '../../views/dialogs/release.ts'
import { dryRunDialog, planReport } from '../../views/dialogs/report.ts'
import { swapDialog } from '../../views/dialogs/swap.ts'
import { unloadDialog } from '../../views/dialogs/unload.ts'
import { pageDocument } from '../../views/page.ts'
import { dashboardRegions } from '../../views/regions.ts'
import { busyPage, model } from './fixtures.ts'

const hostile = `"><img src=x onerror=alert(1)>'&<script>`

/** The same data with every text in it replaced, but for times, states and codes that the views look up. */
function poisoned<T>(value: T, name = ''): T {
  const kept = /(_at|^now|^tone|^state|^outcome|^phase|^arbiter|^code|^kind)$/
  if (typeof value === 'string') return (kept.test(name) ? value : hostile) as T // a string stays one
  if (Array.isArray(value)) return value.map((item: unknown) => poisoned(item, name)) as T // an array stays one, item by item
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'phases' ? (inner as unknown) : poisoned(inner as unknown, key)]),
  ) as T // the same keys, each with a value of the same type
}

const data = poisoned(busyPage())
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

const places: Record<string, () => string> = {
  'the dashboard': () => pageDocument({ page: 'dashboard', stream: '/events', status: data.status, regions: dashboardRegions(data) }, assets),
  'the swap dialog': () => swapDialog({ model: poisonedModel, data, force: true, attempt: hostile }).toString(),
  'the unload dialog': () => unloadDialog([hostile], data, hostile).toString(),
  'the cancel dialog': () => cancelDialog(swap, [poisonedModel]).toString(),
  'the release dialog': () => releaseDialog(lock).toString(),
  'the dry run dialog': () => dryRunDialog(poisonedModel, [hostile], [[hostile], ['other']]).toString(),
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
  expect(markup.match(/<script[^>]*>/g)).toEqual(['<script src="/assets/htmx.js">', '<script src="/assets/app.js" defer>'])
})
