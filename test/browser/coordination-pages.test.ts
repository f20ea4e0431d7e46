import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { Problem } from '../../domain/problem.ts'
import {
  auditEvent,
  conflict,
  delivery,
  external,
  managed,
  someDeliveries,
  someEvents,
  someSchedules,
  someWebhooks,
} from '../views/coordination-fixtures.ts'
import { busyPage } from '../views/fixtures.ts'
import { closed, dialog, fixturePages, submit, tabTo } from './fixture-pages.ts'

const pages = fixturePages()

function fill(): void {
  const schedules = { schedules: someSchedules(), conflicts: [conflict()] }
  Object.assign(pages.site, { schedules, webhooks: someWebhooks(), deliveries: someDeliveries(), events: someEvents() })
  pages.site.data = { ...busyPage(), schedules }
}

test('day and night models are planned with the keyboard alone, in the reader’s own time zone', async () => {
  const page = await pages.open('/schedules')
  await tabTo(page, '#add-day-night')
  await page.keyboard.press('Enter')
  await dialog(page).locator('form').waitFor()
  await tabTo(page, '#dialog [name=night_model]')
  await page.keyboard.press('ArrowDown')
  await tabTo(page, '#dialog footer [type=submit]')
  await page.keyboard.press('Enter')
  await closed(page)
  expect(pages.site.asked).toMatchObject([
    { body: { id: 'models-night', cron: '0 22 * * *', timezone: 'Europe/Berlin', action: { model: 'gpt-oss-120b' } } },
    { body: { id: 'models-day', cron: '0 7 * * *', timezone: 'Europe/Berlin', action: { model: 'gpt-oss-120b' } } },
  ])
  await page.locator('#schedule-models-night').waitFor()
  expect(await page.locator('#add-day-night').evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true)
})

test('of a managed schedule, only the fields of its action and its rhythm are shown', async () => {
  const page = await pages.open('/schedules')
  await page.locator('#add-managed').click()
  const field = (name: string) => dialog(page).locator(`[name=${name}]`)
  await field('model').waitFor()
  expect([await field('container').isVisible(), await field('cron').isVisible(), await field('every').isVisible()]).toEqual([false, true, false])
  await field('action').selectOption('restart_service')
  await field('rhythm').selectOption('every')
  await field('container').fill('whisper')
  await field('every').fill('12h')
  await field('id').fill('whisper-restart')
  expect([await field('model').isVisible(), await field('cron').isVisible()]).toEqual([false, false])
  await submit(page)
  await closed(page)
  expect(pages.site.asked).toMatchObject([
    { body: { id: 'whisper-restart', every: '12h', action: { type: 'restart_service', host: 'spark-1', container: 'whisper' } } },
  ])
})

test('a pasted line fills in the fields; a refusal stands beside what it is about, and nothing that was typed is lost', async () => {
  const page = await pages.open('/schedules')
  await page.locator('#add-external').click()
  await page.locator('#crontab-line:focus').waitFor()
  await dialog(page).locator('[name=owner]').fill('anna')
  await page.locator('#crontab-line').fill('nonsense')
  pages.site.importable = { imported: [], skipped: [{ line: 1, text: 'nonsense', reason: 'is no time and command' }] }
  await page.locator('#crontab-line').press('Enter')
  await page.locator('#line-answer').getByText('is no time and command').waitFor()
  pages.site.importable = { imported: [external('summaries', { cron: '5 4 * * *', model: undefined })], skipped: [] }
  await page.locator('#crontab-line').press('Enter')
  await page.locator('#external-fields').getByText('Read from the line').waitFor()
  expect(await dialog(page).locator('[name=owner]').inputValue()).toBe('anna')
  await dialog(page).locator('[name=host]').fill('nas')
  pages.site.refuseWith = new Problem('schedule_exists', 'summaries is a managed schedule')
  await submit(page)
  await dialog(page).getByRole('alert').getByText('summaries is a managed schedule').waitFor()
  pages.site.refuseWith = null
  await submit(page)
  await closed(page)
  expect(pages.site.asked).toMatchObject([{ action: 'put_schedule', body: { id: 'summaries', cron: '5 4 * * *', owner: 'anna', host: 'nas' } }])
})

test('an import is looked at first, and registered by a second step', async () => {
  const page = await pages.open('/schedules')
  pages.site.importable = { imported: [external('a'), external('b')], skipped: [{ line: 3, text: '@reboot x', reason: 'comes due at no time' }] }
  await page.locator('#import').click()
  await dialog(page).locator('textarea').fill('0 6 * * * a\n0 7 * * * b\n@reboot x')
  await dialog(page).locator('[name=owner]').fill('anna')
  await dialog(page).locator('[name=host]').fill('nas')
  await submit(page)
  await dialog(page).getByText('comes due at no time').waitFor()
  expect(pages.site.asked).toEqual([])
  await dialog(page).getByRole('button', { name: 'Register these 2' }).click()
  await dialog(page).getByText('2 schedules are registered.').waitFor()
  expect(pages.site.asked).toMatchObject([{ action: 'import', body: { owner: 'anna', host: 'nas', timezone: 'Europe/Berlin' } }])
})

test('a schedule is paused, and deleted only after a question', async () => {
  fill()
  const page = await pages.open('/schedules')
  await page.locator('#open-models-night').click()
  await page.locator('#pause').click()
  await closed(page)
  await page.locator('#open-models-night').click()
  await page.locator('#delete-schedule').click()
  await dialog(page).getByText('It is never fired again').waitFor()
  await submit(page)
  await closed(page)
  await page.locator('#schedule-models-night').waitFor({ state: 'detached' })
  expect(pages.site.asked).toEqual([
    { action: 'pause_schedule', id: 'models-night' },
    { action: 'remove_schedule', id: 'models-night' },
  ])
})

test('the page follows what happens while somebody types into its filter, and the filter is an address', async () => {
  fill()
  const page = await pages.open('/schedules')
  await page.locator('[name=q]').fill('nas')
  pages.site.schedules = { schedules: [managed('just-registered'), ...someSchedules()], conflicts: [] }
  await page.locator('#schedule-just-registered').waitFor()
  expect(await page.locator('[name=q]').inputValue()).toBe('nas')
  await page.locator('[name=q]').press('Enter')
  await page.locator('#schedules', { hasText: '1 of 6 schedules' }).waitFor()
  expect(new URL(page.url()).searchParams.get('q')).toBe('nas')
  await page.getByRole('link', { name: 'Show all' }).click()
  await page.locator('#schedule-transcripts').waitFor()
})

test('a thousand schedules can be paged through', async () => {
  pages.site.schedules = { schedules: Array.from({ length: 1000 }, (_, i) => external(`job-${String(i).padStart(4, '0')}`)), conflicts: [] }
  const page = await pages.open('/schedules')
  expect(await page.locator('.row.schedule').count()).toBe(50)
  await page.getByRole('link', { name: 'Next' }).click()
  await page.locator('#schedule-job-0050').waitFor()
  await page.locator('#connection[data-state=live]').waitFor()
  pages.site.schedules = { schedules: pages.site.schedules.schedules.with(50, external('job-0050', { state: 'running' })), conflicts: [] }
  await page.locator('#schedule-job-0049').waitFor() // what runs is on the first page now, and all others move by one
})

test('a webhook is added, its secret copied, and tested: the answer of the receiver is shown', async () => {
  const page = await pages.open('/webhooks')
  await page.locator('#add-webhook').click()
  await page.locator('#dialog [name=url]:focus').waitFor()
  await dialog(page).locator('[name=url]').fill('http://192.168.1.20:8123/hook')
  await dialog(page).getByLabel('Swap failed').check()
  pages.site.refuseWith = new Problem('webhook_url_denied', '192.168.1.20 is denied')
  await submit(page)
  await dialog(page).getByRole('alert').getByText('192.168.1.20 is denied').waitFor()
  pages.site.refuseWith = null
  await submit(page)
  await page.locator('#made-secret').waitFor()
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await dialog(page).getByRole('button', { name: 'Copy' }).click()
  await dialog(page).getByRole('button', { name: 'Copied' }).waitFor()
  const copied = (): Promise<unknown> => page.evaluate('navigator.clipboard.readText()')
  expect(await copied()).toMatch(/^whsec_/)
  pages.site.deliveries = [delivery('d-9', { state: 'pending', attempts: [], webhook_id: 'made' })]
  await dialog(page).getByRole('button', { name: 'Test it…' }).click()
  await submit(page)
  await dialog(page).getByText('being tried').waitFor()
  pages.site.deliveries = [delivery('d-9', { webhook_id: 'made' })]
  await dialog(page).getByText('{"ok":true}').waitFor()
  expect(pages.site.asked).toMatchObject([
    { action: 'create_webhook', body: { events: ['swap_failed'], enabled: true } },
    { action: 'test_webhook', id: 'made' },
  ])
})

test('the audit trail grows by itself, and what is opened in it stays open', async () => {
  fill()
  const page = await pages.open('/audit')
  await page.locator('#event-1764000000000107 summary').click()
  pages.site.events = [auditEvent('lock_released', { seq: 1_764_000_000_000_200 }), ...pages.site.events]
  await page.locator('#event-1764000000000200', { hasText: 'Lock given back' }).waitFor()
  expect(await page.locator('#event-1764000000000107 details').getAttribute('open')).not.toBeNull()
  await page.locator('[name=type]').selectOption('schedules')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.locator('#event-1764000000000200').waitFor({ state: 'detached' })
  expect(await page.locator('.row.event').count()).toBe(1)
})

const curlOf = (page: Page) => dialog(page).locator('.curl-lines pre').first().textContent()

test('the curl line of a form is one click away, follows its fields, and is copied whole', async () => {
  const page = await pages.open('', { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.locator('#swap-qwen3-30b').click()
  await dialog(page).getByText('As curl').click()
  await dialog(page).locator('.curl-lines pre').waitFor()
  expect(await curlOf(page)).toContain(`curl -sS -X POST '${pages.site.url}/api/swap'`)
  await dialog(page).locator('textarea').fill('it’s time')
  await dialog(page).locator('[value="spark-2"]').check()
  await dialog(page).locator('.curl-lines pre', { hasText: '"hosts":["spark-2"]' }).waitFor()
  expect(await curlOf(page)).toContain('"reason":"it’s time"')
  await dialog(page).getByRole('button', { name: 'Copy' }).click()
  await dialog(page).getByRole('button', { name: 'Copied' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await curlOf(page))
  expect(pages.site.asked).toEqual([])
})

test('a knob is changed with the command of a start before it is saved, and taken back alone', async () => {
  const page = await pages.open('/models')
  await page.locator('#knobs-gpt-oss-120b').click()
  await dialog(page).locator('.preview pre', { hasText: 'vllm serve openai/gpt-oss-120b' }).waitFor()
  await dialog(page).locator('#knob-max_num_seqs').fill('many')
  await dialog(page).locator('#knob-max_num_seqs').press('Tab')
  await dialog(page).locator('.preview', { hasText: 'max_num_seqs' }).waitFor()
  await dialog(page).locator('#knob-max_num_seqs').fill('8')
  await dialog(page).getByRole('button', { name: 'Reset Longest context' }).click()
  await dialog(page).locator('.preview pre').waitFor()
  expect(pages.site.asked).toEqual([])
  pages.site.usedBy = [{ swap_id: 'swap-00000001', hosts: ['spark-1'] }]
  await submit(page)
  await dialog(page).getByText('swap to apply these').waitFor()
  await dialog(page).locator('#swap-to-apply').click()
  await dialog(page).locator('[name=place]').first().waitFor()
  expect(pages.site.asked).toMatchObject([{ action: 'set_knobs', key: 'gpt-oss-120b', knobs: { max_num_seqs: 8, max_model_len: null } }])
})

test('a fine-tune is found by the folders of its host, and added', async () => {
  const page = await pages.open('/models')
  await page.locator('#add-local-model').click()
  await page.locator('#dialog [name=key]:focus').waitFor()
  await page.keyboard.type('our-tune')
  await page.locator('#browse-spark-1').click()
  await dialog(page).getByRole('button', { name: 'Open /models' }).click()
  await dialog(page).getByRole('button', { name: 'Use it: /models/ten31' }).click()
  await dialog(page).locator('[name=local_path][value="/models/ten31"]').waitFor()
  await dialog(page).locator('[name=placement]').selectOption('any')
  await dialog(page).locator('.preview pre', { hasText: 'vllm serve /models/ten31' }).waitFor()
  await submit(page)
  await closed(page)
  await page.locator('#model-our-tune').waitFor()
  expect(pages.site.asked).toMatchObject([{ action: 'create_model', key: 'our-tune', entry: { local_path: '/models/ten31', placement: 'any' } }])
})
