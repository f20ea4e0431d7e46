import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

/** The system's Chromium, without anything that calls out by itself. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

export interface OpenPage {
  readonly page: Page
  /** Errors of scripts and refusals of the content security policy: a test ends with none. */
  readonly complaints: string[]
}

/** A page in a context of its own, waited for until its stream is connected. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ reducedMotion: 'reduce', timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options })
  context.setDefaultTimeout(60_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
  })
  const failed: string[] = []
  page.on('requestfailed', (request) => failed.push(`${request.url()}: ${request.failure()?.errorText ?? 'failed'}`))
  await page.goto(url)
  try {
    await page.locator('#connection[data-state=live]').waitFor()
  } catch (cause) {
    const says = await page.locator('#connection').textContent()
    throw new Error(`${url} says "${says ?? ''}": ${[...complaints, ...failed].join('; ') || 'nothing failed'}`, { cause })
  }
  return { page, complaints }
}
