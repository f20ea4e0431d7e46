import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

const wide = { width: 1280, height: 900 }
const narrow = { width: 360, height: 900 }

/** What axe has to say about the page as it is now: by all its rules and the size of targets, or by some alone. There are no frames, so that it runs in the page itself. */
async function findings(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode()
  const { violations } = await (rules === undefined ? axe.options({ rules: { 'target-size': { enabled: true } } }) : axe.withRules(rules)).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)
}

/** How much wider than the screen the page or its dialog is, in CSS pixels. A dialog does not make the page wider: what stands out of it is cut off. */
async function overflow(page: Page): Promise<number> {
  const boxes = await page.locator('html, dialog[open], dialog[open] > article').all()
  return Math.max(...(await Promise.all(boxes.map((box) => box.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)))))
}

/**
 * What is wrong with the page as it is, each rule asked once where it can differ: all in light colours, contrast again in dark ones, the size of targets and
 * the width again on a narrow screen. A dialog is looked at on the narrow screen alone, the harder case. Leaves light colours and the width that it found.
 */
export async function wrongs(page: Page, what: 'page' | 'dialog'): Promise<string[]> {
  const size = page.viewportSize() ?? wide
  await page.setViewportSize(what === 'page' ? wide : narrow)
  const found = await findings(page)
  if ((await overflow(page)) > 0) found.push('something is wider than its place')
  await page.emulateMedia({ colorScheme: 'dark' })
  found.push(...(await findings(page, ['color-contrast'])).map((one) => `dark: ${one}`))
  await page.emulateMedia({ colorScheme: 'light' })
  if (what === 'page') {
    await page.setViewportSize(narrow)
    found.push(...(await findings(page, ['target-size'])).map((one) => `narrow: ${one}`))
    if ((await overflow(page)) > 0) found.push('narrow: something is wider than its place')
  }
  await page.setViewportSize(size)
  return found
}
