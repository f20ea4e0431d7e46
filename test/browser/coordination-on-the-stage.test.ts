import { execFile } from 'node:child_process'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPage, startChromium, type OpenPage } from './chromium.ts'
import { closed, dialog, submit } from './fixture-pages.ts'
import { startStageSite, type StageSite } from './stage-site.ts'

const run = promisify(execFile)
const model = 'gemma-3-27b'

let browser: Browser
let site: StageSite
let receiver: Server
let opened: OpenPage
let page: Page
const received: { body: string; headers: IncomingHttpHeaders }[] = []

beforeAll(async () => {
  ;[browser, site] = await Promise.all([
    startChromium(),
    startStageSite({ hosts: ['spark-1', 'spark-2'], load_s: 1, settings: { webhook_allow_loopback: true } }),
  ])
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      received.push({ body, headers: request.headers })
      response.end('thank you')
    })
  })
  await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening))
})
afterAll(async () => {
  await browser.close()
  receiver.close()
  await site.close()
})
beforeEach(async () => {
  opened = await openPage(browser, site.url)
  page = opened.page
})
afterEach(async () => {
  await page.context().close()
  expect(opened.complaints).toEqual([])
})

async function turnTo(name: 'Dashboard' | 'Schedules' | 'Webhooks' | 'Audit'): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
  await page.locator('#connection[data-state=live]').waitFor()
}
/** Hours from now, as a field for a time of day wants it: neither comes due while the test runs. */
const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16)
const row = (id: string) => page.locator(`[id="schedule-${id}"]`)

test('a webhook is added and tested on its page: the ping comes signed with the secret that was shown', async () => {
  await turnTo('Webhooks')
  await page.locator('#add-webhook').click()
  await dialog(page)
    .locator('[name=url]')
    .fill(`http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/hook`) // a TCP server that listens has one
  await dialog(page).locator('[name=name]').fill('My receiver')
  await submit(page)
  const secret = await page.locator('#made-secret').inputValue()
  await dialog(page).getByRole('button', { name: 'Test it…' }).click()
  await submit(page)
  await dialog(page).locator('.badge', { hasText: 'delivered' }).waitFor()
  await dialog(page).getByText('thank you').waitFor()
  const [{ body, headers }] = received as [(typeof received)[number]]
  expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ type: 'ping' }) // its headers are there once each
  await page.keyboard.press('Escape')
  await page.locator('.row.webhook', { hasText: 'My receiver' }).locator('.badge', { hasText: 'delivering' }).waitFor()
})

test('day and night models are planned by one form, and a run by hand swaps, as page, receiver and audit trail tell', async () => {
  await turnTo('Schedules')
  await page.locator('#add-day-night').click()
  for (const which of ['night', 'day']) await dialog(page).locator(`[name=${which}_model]`).selectOption(model)
  await dialog(page).locator('[name=night_time]').fill(inHours(6))
  await dialog(page).locator('[name=day_time]').fill(inHours(14))
  await dialog(page).locator('[name=timezone]').fill('UTC')
  await submit(page)
  await closed(page)
  await row('models-night').locator('.badge', { hasText: 'waiting' }).waitFor()
  await row('models-day').locator('.badge', { hasText: 'waiting' }).waitFor()

  await page.locator('[id="open-models-night"]').click()
  await page.locator('#run-now').click()
  await closed(page)
  await row('models-night').locator('.facts .badge', { hasText: 'ok' }).waitFor()
  expect(await site.stage.serves('spark-1')).not.toBeNull()

  await turnTo('Dashboard')
  await page.locator('#last-swap', { hasText: 'Completed' }).waitFor()
  await page.locator('#next', { hasText: 'models-day' }).waitFor()
  await turnTo('Audit')
  for (const words of ['Webhook added', 'Schedule registered', 'Swap started', 'Swap completed']) {
    await page.locator('.row.event', { hasText: words }).first().waitFor()
  }
  const registered = page.locator('.row.event', { hasText: 'Schedule registered' }).first()
  expect(await registered.textContent()).toMatch(/dashboard\s+from 127\.0\.0\.1/)
  await turnTo('Webhooks')
  await page.locator('.row.delivery', { hasText: 'Swap completed' }).locator('.badge', { hasText: 'delivered' }).waitFor()
  expect(received.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toContain('swap_complete')
})

test('a schedule that is paused says so and offers to go on; deleted, it is gone', async () => {
  await turnTo('Schedules')
  await page.locator('[id="open-models-day"]').click()
  await page.locator('#pause').click()
  await closed(page)
  await row('models-day').locator('.badge', { hasText: 'paused' }).waitFor()
  for (const id of ['models-day', 'models-night']) {
    await page.locator(`[id="open-${id}"]`).click()
    if (id === 'models-day') await page.locator('#resume').waitFor()
    await page.locator('#delete-schedule').click()
    await submit(page)
    await closed(page)
    await row(id).waitFor({ state: 'detached' })
  }
})

test('a pasted line of a crontab becomes an external schedule, by the curl line of its form', async () => {
  await turnTo('Schedules')
  await page.locator('#add-external').click()
  await page.locator('#crontab-line').fill('5 4 * * * /home/anna/bin/summaries.sh --all')
  await page.locator('#crontab-line').press('Enter')
  await dialog(page).getByText('Read from the line').waitFor()
  await dialog(page).locator('[name=id]').fill('summaries')
  await dialog(page).locator('[name=owner]').fill("Anna O'Hara")
  await dialog(page).locator('[name=host]').fill('nas')
  await dialog(page).getByText('As curl').click()
  const command = await dialog(page).locator('.curl-lines pre').textContent()
  await page.keyboard.press('Escape')
  await run('/bin/sh', ['-c', command ?? ''])
  await row('summaries').getByText("Anna O'Hara").waitFor()
  await row('summaries').getByText('/home/anna/bin/summaries.sh --all').waitFor()
})

test('what does not fit is refused in the words of the API, beside the button', async () => {
  await turnTo('Schedules')
  await page.locator('#add-managed').click()
  await dialog(page).locator('[name=id]').fill('never')
  await dialog(page).locator('[name=cron]').fill('0 0 30 2 *')
  await submit(page)
  await dialog(page).getByRole('alert').getByText('This plan never comes due').waitFor()
})
