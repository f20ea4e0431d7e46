import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { conflict, someDeliveries, someEvents, someSchedules, someWebhooks } from '../views/coordination-fixtures.ts'
import { busyPage, ended, failed, page as pageData } from '../views/fixtures.ts'
import { wrongs } from './accessibility.ts'
import { closed, dialog, fixturePages } from './fixture-pages.ts'

const pages = fixturePages()

function fill(): void {
  const schedules = { schedules: someSchedules(), conflicts: [conflict()] }
  Object.assign(pages.site, { schedules, webhooks: someWebhooks(), deliveries: someDeliveries(), events: someEvents() })
  pages.site.data = { ...busyPage(), schedules }
}

async function eachDialog(page: Page, buttons: readonly string[]): Promise<void> {
  for (const button of buttons) {
    await page.locator(button).click()
    await dialog(page).locator('footer, .verdict').first().waitFor()
    for (const summary of await dialog(page).locator('summary').all()) await summary.click()
    const commands = dialog(page).locator('.curl-lines')
    if ((await commands.count()) > 0) await commands.first().locator('pre, p').first().waitFor()
    expect([button, await wrongs(page, 'dialog')]).toEqual([button, []])
    await page.keyboard.press('Escape')
    await closed(page)
  }
}

test.each<[string, readonly string[]]>([
  ['/models', ['#add-model', '#add-local-model', '#knobs-gpt-oss-120b', '#about-ten31-ft']],
  ['/hosts', ['#try-ways', '#ask-deep', '#restart-vectors']],
  ['/swaps', []],
  ['/swaps?id=swap-00000002', ['#cancel-swap-00000002']],
  ['/settings', ['#change-drain_s']],
  ['/schedules', ['#add-day-night', '#add-managed', '#add-external', '#import', '#open-nightly-summaries', '#open-models-day']],
  ['/webhooks', ['#add-webhook', '#edit-home-assistant', '#switch-gone', '#test-from-file', '#delete-quiet', '#open-d-3']],
  ['/audit', []],
  ['/setup', ['#add-host']],
])('axe finds nothing wrong on %s and in its dialogs, light and dark, and nothing is wider than a narrow screen', async (path, buttons) => {
  fill()
  const page = await pages.open(path)
  for (const summary of await page.locator('main summary').all()) await summary.click()
  expect(await wrongs(page, 'page')).toEqual([])
  await eachDialog(page, buttons)
})

test('axe finds nothing wrong on the dashboard, busy and at rest, and in its dialogs, light and dark, and nothing is wider than a narrow screen', async () => {
  fill()
  const page = await pages.open()
  expect(await wrongs(page, 'page')).toEqual([])
  pages.site.data = pageData({}, { recent: [failed, ended('completed')] })
  await page.locator('#last-swap').waitFor()
  await page.locator('#history summary').first().click()
  expect(await wrongs(page, 'page')).toEqual([])
  await eachDialog(page, ['#swap-qwen3-30b', '#dry-run-qwen3-30b', '#unload-spark-1'])
})
