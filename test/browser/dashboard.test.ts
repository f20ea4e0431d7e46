import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { Problem } from '../../domain/problem.ts'
import { heldBy, page as pageData, busyPage, ended, failed, host, reservation, swap } from '../views/fixtures.ts'
import { closed, dialog, fixturePages, tabTo } from './fixture-pages.ts'

const pages = fixturePages()
const open = (options: BrowserContextOptions = {}): Promise<Page> => pages.open('', options)

test('a model is swapped with the keyboard alone, and the focus comes back to where it was', async () => {
  const page = await open()
  await tabTo(page, '#swap-qwen3-30b')
  await page.keyboard.press('Enter')
  await dialog(page).locator('form').waitFor()
  await tabTo(page, '#dialog input[name=place]:checked')
  await page.keyboard.press('ArrowDown')
  await tabTo(page, '#dialog textarea[name=reason]')
  await page.keyboard.type('try the new one')
  await tabTo(page, '#dialog button[type=submit]')
  await page.keyboard.press('Enter')
  await closed(page)
  expect(pages.site.asked).toMatchObject([
    {
      action: 'swap',
      force: false,
      body: { model: 'qwen3-30b', hosts: ['spark-2'], reason: 'try the new one', on_busy: 'reject', on_failure: 'restore' },
    },
  ])
  expect(await page.locator('#swap-qwen3-30b').evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true)
})

test('Enter, Enter swaps to where the catalog says', async () => {
  const page = await open()
  await page.locator('#swap-ten31-ft').focus()
  await page.keyboard.press('Enter')
  await page.locator('#dialog button[type=submit]:focus').waitFor()
  await page.keyboard.press('Enter')
  await closed(page)
  expect(pages.site.asked).toMatchObject([{ body: { model: 'ten31-ft', hosts: ['spark-2'], restart: false }, caller: { name: 'dashboard' } }])
})

test('the page follows what happens, without a reload', async () => {
  const page = await open()
  await page.locator('#host-spark-1 .badge', { hasText: 'not healthy' }).waitFor({ state: 'detached' })
  pages.site.data = busyPage()
  await page.getByText('Loading weights').waitFor()
  await page.locator('#host-spark-2 .badge', { hasText: 'unreachable' }).waitFor()
  pages.site.data = pageData({}, { recent: [ended('completed')] })
  await page.locator('#last-swap', { hasText: 'Completed' }).waitFor()
  expect(await page.locator('#swap progress').count()).toBe(0)
})

test('what a person is doing survives an update: an open dialog, its text, opened details, the focus', async () => {
  pages.site.data = pageData({}, { recent: [failed] })
  const page = await open()
  await page.locator('#history summary').click()
  await page.locator('#unload-spark-1').click()
  await dialog(page).locator('textarea').fill('make room')
  await dialog(page).locator('textarea').focus()
  pages.site.data = pageData({ swap: swap({ hosts: ['spark-2'], affected_hosts: ['spark-2'] }) }, { recent: [failed, ended('cancelled')] })
  await page.locator('#running-swap-00000002').waitFor()
  await page.locator('#history li').nth(1).waitFor()
  expect(await dialog(page).locator('textarea').inputValue()).toBe('make room')
  expect(await page.locator('#dialog textarea:focus').count()).toBe(1)
  expect(await page.locator('#history details').first().getAttribute('open')).not.toBeNull()
})

test('a forced release asks for a reason, and sends it', async () => {
  pages.site.data = pageData({ lock: heldBy(reservation()) })
  const page = await open()
  await page.locator('#release-41').click()
  await page.locator('#dialog textarea:focus').waitFor()
  await dialog(page).locator('button[type=submit]').click()
  expect(await page.locator('#dialog textarea:invalid').count()).toBe(1)
  expect(pages.site.asked).toEqual([])
  await dialog(page).locator('textarea').fill('the cron job hangs')
  await dialog(page).locator('button[type=submit]').click()
  await closed(page)
  expect(pages.site.asked).toEqual([{ action: 'force_release', reason: 'the cron job hangs', hosts: ['spark-1', 'spark-2'], by: 'dashboard' }])
})

test('a swap past the lock asks for a reason and says whose lock it ends', async () => {
  pages.site.data = pageData({ lock: heldBy(reservation()) })
  const page = await open()
  expect(await page.locator('#swap-qwen3-30b').isDisabled()).toBe(true)
  await page.locator('#swap-anyway-qwen3-30b').click()
  await dialog(page).getByText('nightly-cron holds the lock').waitFor()
  await dialog(page).locator('textarea').fill('demo in five minutes')
  await dialog(page).locator('button[type=submit]').click()
  await closed(page)
  expect(pages.site.asked).toMatchObject([{ action: 'swap', force: true, body: { reason: 'demo in five minutes' } }])
})

test('a refusal appears beside the button, in words, and the dialog stays', async () => {
  const page = await open()
  pages.site.refuseWith = new Problem('reserved', 'nightly-cron has reserved spark-1 until 06:10:00')
  await page.locator('#swap-qwen3-30b').click()
  await dialog(page).locator('button[type=submit]').click()
  const alert = dialog(page).getByRole('alert')
  await alert.getByText('nightly-cron has reserved spark-1').waitFor()
  expect(await alert.textContent()).toMatch(/Someone else has reserved these GPUs[^]*Wait until expires_at/)
  pages.site.refuseWith = null
  await dialog(page).locator('button[type=submit]').click()
  await closed(page)
  expect(pages.site.asked).toHaveLength(1)
})

test('a form sent twice carries the same attempt, a new dialog a new one', async () => {
  const page = await open()
  const attempts: string[] = []
  for (let i = 0; i < 2; i += 1) {
    await page.locator('#swap-qwen3-30b').click()
    attempts.push(await dialog(page).locator('input[name=attempt]').inputValue())
    await page.keyboard.press('Escape')
    await closed(page)
  }
  expect(new Set(attempts).size).toBe(2)
})

test('a dry run reports checks and exact commands, and changes nothing', async () => {
  const page = await open()
  await page.locator('#dry-run-qwen3-30b').click()
  await dialog(page).getByText('All 3 checks passed.').waitFor()
  await dialog(page).getByText('docker stop --time 30 vllm_node').waitFor()
  await dialog(page).locator('[aria-pressed=false]').click()
  await dialog(page).locator('[aria-pressed=true]', { hasText: 'spark-2' }).waitFor()
  await dialog(page).locator('.verdict').waitFor()
  expect(pages.site.asked).toEqual([
    { action: 'check', key: 'qwen3-30b', hosts: ['spark-1'] },
    { action: 'check', key: 'qwen3-30b', hosts: ['spark-2'] },
  ])
})

test('a running swap is cancelled with what that means', async () => {
  pages.site.data = busyPage()
  const page = await open()
  await page.locator('#cancel-swap-00000002').click()
  await dialog(page).getByText('What was started is stopped, with proof.').waitFor()
  await dialog(page).locator('button[type=submit]').click()
  await closed(page)
  expect(pages.site.asked).toEqual([{ action: 'cancel', id: 'swap-00000002', reason: 'cancelled on the dashboard', by: 'dashboard' }])
})

test('times are local, with the exact time in the title', async () => {
  pages.site.data = pageData({ lock: heldBy(reservation({ acquired_at: '2026-07-01T10:00:00.000Z' })) })
  const page = await open({ timezoneId: 'Asia/Tokyo' })
  const time = page.locator('#lock time[datetime="2026-07-01T10:00:00.000Z"]')
  await time.waitFor()
  expect(await time.textContent()).toContain('19:00:00')
  expect(await time.getAttribute('title')).toContain('2026-07-01T10:00:00.000Z')
})

test('a page whose first connection fails connects by itself', async () => {
  const context = await pages.browser.newContext()
  onTestFinished(() => context.close())
  const page = await context.newPage()
  let failures = 0
  await page.route('**/events', (route) => (failures++ === 0 ? route.abort() : route.continue()))
  await page.goto(pages.site.url)
  await page.locator('#connection[data-state=lost]').waitFor()
  await page.locator('#connection[data-state=live]').waitFor()
})

test('a lost connection is said with the time of what is shown, and mended by itself', async () => {
  const page = await open()
  await page.route('**/events', (route) => route.abort())
  pages.site.cutConnections()
  const notice = page.locator('#connection[data-state=lost]')
  await notice.waitFor()
  expect(await notice.textContent()).toMatch(/connection lost, showing the state of \d\d:\d\d:\d\d/)
  await page.unroute('**/events')
  pages.site.data = pageData({ hosts: [host('spark-1', { arbiter: 'surveying' })] })
  await page.locator('#connection[data-state=live]').waitFor()
  await page.locator('#host-spark-1 .badge', { hasText: 'being looked at' }).waitFor()
  for (const one of pages.opened) one.complaints.length = 0 // the cut itself is logged by the browser
})
