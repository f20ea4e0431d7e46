import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { Problem } from '../../domain/problem.ts'
import { wrongs } from './accessibility.ts'
import { fingerprint, machines } from './fixture-setup.ts'
import { closed, dialog, fixturePages, submit, tabTo } from './fixture-pages.ts'

const pages = fixturePages()

async function lookAt(page: Page, address: string): Promise<void> {
  await page.locator('#add-host').click()
  await page.locator('#dialog [name=address]:focus').waitFor()
  await page.keyboard.type(address)
  await page.keyboard.press('Enter')
}
/** A dialog that comes by itself has the focus on its title, so that it is read and nothing is pressed by accident. */
const titled = (page: Page, words: string): Promise<void> => page.locator('#dialog-title:focus', { hasText: words }).waitFor()

test('a Spark is added with the keyboard alone: its key is compared, what was found is chosen, and nothing else is saved', async () => {
  const page = await pages.open('/setup')
  await tabTo(page, '#add-host')
  await page.keyboard.press('Enter')
  await page.locator('#dialog [name=address]:focus').waitFor()
  await page.keyboard.type('192.168.1.11')
  await page.keyboard.press('Enter')
  await titled(page, 'Is this the key of 192.168.1.11?')
  await dialog(page).getByText(fingerprint).waitFor()
  await dialog(page).getByText('ssh-keygen -lf').waitFor()
  expect(pages.site.asked).toEqual([{ action: 'discover', body: { address: '192.168.1.11', user: 'spark', port: 22 } }])
  expect(await wrongs(page, 'dialog')).toEqual([])
  await tabTo(page, '#dialog footer [type=submit]')
  await page.keyboard.press('Enter')

  await titled(page, 'Choose what is taken over')
  for (const summary of await dialog(page).locator('summary').all()) await summary.click()
  await dialog(page).locator('.curl-lines pre').waitFor()
  expect(await wrongs(page, 'dialog')).toEqual([])
  await tabTo(page, '#dialog [name=entries][value="model:qwen3-8b"]')
  await page.keyboard.press('Space')
  await tabTo(page, '#dialog footer [type=submit]')
  await page.keyboard.press('Enter')
  await dialog(page).locator('h2', { hasText: 'Saved' }).waitFor()
  expect(await wrongs(page, 'dialog')).toEqual([])
  expect(pages.site.asked.slice(1)).toMatchObject([
    { action: 'discover', body: { address: '192.168.1.11', fingerprint } },
    { action: 'save_setup', body: { entries: ['host:spark-4f2a', 'model:gemma-4-27b', 'service:kokoro'], cluster_id: 'home' }, by: 'dashboard' },
  ])
  await page.keyboard.press('Enter')
  await closed(page)
})

test('the second Spark that the first one knows is added in the same go, and both are saved together', async () => {
  const page = await pages.open('/setup')
  await lookAt(page, '192.168.1.11')
  await titled(page, 'Is this the key')
  await submit(page)
  await titled(page, 'Choose')
  await dialog(page).getByRole('button', { name: 'Add it, too…' }).click()
  await dialog(page).locator('[name=address][value="192.168.1.12"]').waitFor()
  await submit(page)
  await titled(page, 'Is this the key of 192.168.1.12?')
  await submit(page)
  await titled(page, 'Choose')
  await dialog(page).getByLabel('spark-91bc: NVIDIA GB10').waitFor()
  expect(await dialog(page).getByRole('button', { name: 'Add it, too…' }).count()).toBe(0)
  pages.site.refuseWith = new Problem('config_changed')
  await submit(page)
  await dialog(page).getByRole('alert').waitFor()
  expect(await dialog(page).getByLabel('spark-91bc: NVIDIA GB10').isChecked()).toBe(true)
  pages.site.refuseWith = null
  await submit(page)
  await dialog(page).locator('h2', { hasText: 'Saved' }).waitFor()
  expect(pages.site.asked.at(-1)).toMatchObject({ action: 'save_setup', body: { discoveries: ['look-0002', 'look-0004'] } })
})

test('a look that leads nowhere says why and what to do, and tries again with what was typed', async () => {
  const page = await pages.open('/setup')
  await lookAt(page, machines.gone)
  await titled(page, `${machines.gone} could not be looked at`)
  await dialog(page).getByText('Is it on, and is this its address?').waitFor()
  expect(await wrongs(page, 'dialog')).toEqual([])
  await submit(page)
  await titled(page, `${machines.gone} could not be looked at`)
  await page.keyboard.press('Escape')
  await closed(page)

  await lookAt(page, machines.lockedOut)
  await titled(page, 'Is this the key')
  await submit(page)
  await titled(page, `${machines.lockedOut} does not let us in`)
  await dialog(page).getByText('ssh-copy-id').waitFor()
  expect(await wrongs(page, 'dialog')).toEqual([])
  await page.keyboard.press('Escape')
  await closed(page)

  await lookAt(page, machines.changed)
  await dialog(page).getByText('ANOTHER KEY IS PINNED').waitFor()
  expect(await dialog(page).locator('footer [type=submit].danger').textContent()).toContain('replace the pinned key')
  expect(await wrongs(page, 'dialog')).toEqual([])
  expect(pages.site.asked.map(({ body }) => (body as { address: string }).address)).toEqual([
    ...[machines.gone, machines.gone, machines.lockedOut, machines.lockedOut, machines.changed],
  ])
})

test('a dialog that is closed while a machine is looked at stays closed, though its answer comes', async () => {
  const page = await pages.open('/setup')
  const ends: string[] = []
  page.on('request', (request) => request.url().includes('/ui/setup/look-end') && ends.push(request.url()))
  const [asked, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  await page.route('**/ui/setup/look-state*', async (route) => {
    asked.resolve(undefined)
    await released.promise
    await route.continue()
  })
  await lookAt(page, machines.gone)
  await asked.promise
  await dialog(page).getByText('looking what is there').waitFor()
  expect(await wrongs(page, 'dialog')).toEqual([])
  await page.keyboard.press('Escape')
  await closed(page)
  const answered = page.waitForResponse('**/ui/setup/look-state*')
  released.resolve(undefined)
  await (await answered).finished()
  await lookAt(page, machines.changed)
  await titled(page, `Is this the key of ${machines.changed}?`)
  expect(ends).toHaveLength(1)
})
