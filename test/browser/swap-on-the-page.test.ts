import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openPage, startChromium, type OpenPage } from './chromium.ts'
import { startStageSite, type StageSite } from './stage-site.ts'

let browser: Browser
let site: StageSite
let opened: OpenPage
let page: Page

beforeAll(async () => {
  ;[browser, site] = await Promise.all([startChromium(), startStageSite({ hosts: ['spark-1', 'spark-2'], load_s: 1 })])
})
afterAll(async () => {
  await browser.close()
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

const dialog = () => page.locator('#dialog[open]')
const submit = () => dialog().locator('button[type=submit]').click()
const lastSwap = (words: string) => page.locator('#last-swap', { hasText: words })

async function swapTo(key: string): Promise<void> {
  await page.locator(`[id="swap-${key}"]`).click()
  await submit()
  await page.locator('#dialog:not([open])').waitFor({ state: 'attached' })
}

test('a click on Swap shows its phases, ends in a healthy host, and the port serves the model', async () => {
  await page.locator('#host-spark-1', { hasText: 'No model loaded' }).waitFor()
  await swapTo('qwen3-30b-a3b-fp8')
  await page.locator('#swap .phases [aria-current=step]').waitFor()
  await lastSwap('Completed').waitFor()
  await page.locator('#host-spark-1', { hasText: 'healthy' }).getByText('Qwen3 30B A3B (FP8)').waitFor()
  await page.locator('[id="model-qwen3-30b-a3b-fp8"] .badge', { hasText: 'on spark-1' }).waitFor()
  expect(await site.stage.serves('spark-1')).toMatchObject({ root: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8' })
})

test('a model that fails leaves the previous one serving, and the page says why with the telling line', async () => {
  await swapTo('demo-gated')
  await lastSwap('Put back').waitFor()
  await lastSwap('The model is gated on Hugging Face').locator('pre.line').waitFor()
  await page.locator('#host-spark-1', { hasText: 'healthy' }).getByText('Qwen3 30B A3B (FP8)').waitFor()
})

test('a dry run shows the checks and the exact commands of the real hosts, and changes nothing', async () => {
  const before = site.stage.events('spark-1').length
  await page.locator('#dry-run-gemma-3-27b').click()
  await dialog()
    .getByText(/All \d+ checks passed/)
    .waitFor()
  await dialog().locator('.plan pre', { hasText: 'google/gemma-3-27b-it' }).waitFor()
  expect(
    site.stage
      .events('spark-1')
      .slice(before)
      .filter(({ event }) => /start|stop|run|kill/.test(event)),
  ).toEqual([])
})

test('a lock that a cron job takes shows at once, stops Swap with its reason, and is ended by force with a reason', async () => {
  const answer = await fetch(`${site.url}/api/swap/lock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ holder: 'nightly-cron', purpose: 'summaries', ttl_s: 300 }),
  })
  expect(answer.status).toBe(201)
  await page.locator('#lock', { hasText: 'nightly-cron holds the lock on all hosts: summaries' }).waitFor()
  await page.locator('#swap-refused', { hasText: 'nightly-cron holds the lock.' }).waitFor()
  expect(await page.locator('#swap-gemma-3-27b').isDisabled()).toBe(true)
  await page.locator('#lock button').click()
  await dialog().locator('textarea').fill('the job hangs')
  await submit()
  await page.locator('#swap-gemma-3-27b:not([disabled])').waitFor()
})

test('a swap is cancelled while it loads, and the previous model serves again', async () => {
  await swapTo('demo-never-healthy')
  await page.locator('#swap .phases [aria-current=step]', { hasText: 'launch' }).waitFor()
  await page.locator('#swap button', { hasText: 'Cancel…' }).click()
  await submit()
  await lastSwap('Cancelled').waitFor()
  await page.locator('#host-spark-1', { hasText: 'healthy' }).getByText('Qwen3 30B A3B (FP8)').waitFor()
})

test('an unload leaves the host empty', async () => {
  await page.locator('#unload-spark-1').click()
  await submit()
  await page.locator('#host-spark-1', { hasText: 'No model loaded' }).waitFor()
  await lastSwap('Unload').waitFor()
  expect(await site.stage.serves('spark-1')).toBeNull()
})
