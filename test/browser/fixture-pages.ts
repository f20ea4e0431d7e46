import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { page as pageData } from '../views/fixtures.ts'
import { openPage, startChromium, type OpenPage } from './chromium.ts'
import { startFixtureSite, type FixtureSite } from './fixture-site.ts'

interface FixturePages {
  readonly browser: Browser
  readonly site: FixtureSite
  readonly opened: readonly OpenPage[]
  /** A page of the site, its stream connected. */
  open(path?: string, options?: Parameters<typeof openPage>[2]): Promise<Page>
}

/** For each test of a file a site of its own, in one browser. A test in which a script fails or the content security policy refuses something fails. */
export function fixturePages(): FixturePages {
  const opened: OpenPage[] = []
  let browser: Browser
  let site: FixtureSite
  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    site = await startFixtureSite(pageData())
  })
  afterEach(async () => {
    const complaints = opened.flatMap((one) => one.complaints)
    await Promise.all(opened.splice(0).map(({ page }) => page.context().close()))
    await site.close()
    expect(complaints).toEqual([])
  })
  return {
    get browser() {
      return browser
    },
    get site() {
      return site
    },
    opened,
    async open(path = '', options = {}) {
      const one = await openPage(browser, site.url + path, options)
      opened.push(one)
      return one.page
    },
  }
}

export const dialog = (page: Page): Locator => page.locator('#dialog[open]')
export const closed = (page: Page): Promise<void> => page.locator('#dialog:not([open])').waitFor({ state: 'attached' })
export const submit = (page: Page): Promise<void> => dialog(page).locator('footer button[type=submit]').click()

/** Presses Tab until the element has the focus, as somebody without a mouse does; fails when it is never reached. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab')
    if (await page.locator(selector).evaluate((element) => element === element.ownerDocument.activeElement)) return
  }
  throw new Error(`Tab never reaches ${selector}`)
}
