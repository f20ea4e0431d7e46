import pino from 'pino'
import { expect, test, onTestFinished } from 'vitest'
import { createRegionHub, type Listener } from '../../api/pages/region-hub.ts'
import type { LiveView } from '../../api/pages/live-view.ts'
import type { PageData } from '../../views/page-data.ts'
import { dashboardRegions, regions } from '../../views/regions.ts'
import { html } from '../../views/html.ts'
import { busyPage, page, phasesAt, swap } from './fixtures.ts'

/** A viewer that can be asked for its next message, and apart from those for the next `clock`. */
function viewer() {
  const messages: string[] = []
  const clocks: string[] = []
  let wake: (() => void) | null = null
  const listen: Listener = (message) => {
    const clock = /^event: clock\ndata: (.*)\n\n$/.exec(message)?.[1]
    if (clock === undefined) messages.push(message)
    else clocks.push(clock)
    wake?.()
  }
  const take = async (from: string[]): Promise<string> => {
    while (from.length === 0) await new Promise<void>((resolve) => (wake = resolve))
    return from.shift()!
  }
  return { listen, next: () => take(messages), clock: () => take(clocks) }
}

const targets = (message: string): string[] => [...message.matchAll(/hx-target="#([a-z]+)" hx-swap="outerMorph"/g)].map(([, name = '']) => name)

function hubOf(first: PageData) {
  const shown = { data: first, reads: 0, failures: 0 }
  const view: LiveView = {
    page: 'dashboard',
    stream: '/events',
    look() {
      shown.reads += 1
      if (shown.failures > 0) {
        shown.failures -= 1
        return Promise.reject(new Error('unforeseen'))
      }
      return Promise.resolve({ status: shown.data.status, regions: dashboardRegions(shown.data) })
    },
  }
  const all = createRegionHub({ log: pino({ level: 'silent' }), everyMs: 2, clockEveryMs: 4 })
  onTestFinished(() => all.close())
  return { all, hub: { join: (listener: Listener) => all.join(view, listener) }, shown }
}
const regionNames = Object.keys(regions)

const otherView = (): LiveView & { reads: number } => ({
  page: 'audit',
  stream: '/events?page=audit',
  reads: 0,
  look() {
    this.reads += 1
    return Promise.resolve({ status: page().status, regions: { events: html`<p>${this.reads}</p>` } })
  },
})

test('who joins gets the whole page, and the server time', async () => {
  const { hub } = hubOf(busyPage())
  const one = viewer()
  hub.join(one.listen)
  expect(targets(await one.next())).toEqual(regionNames)
  expect(Date.parse(await one.clock())).not.toBeNaN()
})

test('afterwards only the regions that changed are sent', async () => {
  const { hub, shown } = hubOf(page())
  const one = viewer()
  hub.join(one.listen)
  await one.next()
  shown.data = page({ swap: swap({ phase: 'preflight', phases: phasesAt('preflight') }) })
  expect(targets(await one.next())).toEqual(['swap', 'hosts'])
  shown.data = page({ swap: swap({ phase: 'stop', phases: phasesAt('stop') }) })
  expect(targets(await one.next())).toEqual(['swap'])
})

test('a second viewer gets the whole page while the first one gets nothing new', async () => {
  const { hub, shown } = hubOf(page())
  const [one, two] = [viewer(), viewer()]
  hub.join(one.listen)
  await one.next()
  hub.join(two.listen)
  expect(targets(await two.next())).toEqual(regionNames)
  shown.data = page({ swap: swap({ phase: 'preflight', phases: phasesAt('preflight') }) })
  expect(targets(await one.next())).toEqual(['swap', 'hosts'])
})

test('text with line breaks stays within one message', async () => {
  const { hub } = hubOf(
    page({
      parts: {
        temporal: { ok: true, detail: '' },
        worker: { ok: true, detail: '' },
        config: { ok: false, detail: 'a\r\n\r\nevent: clock\rdata: forged\n\nb' },
      },
    }),
  )
  const one = viewer()
  hub.join(one.listen)
  const message = await one.next()
  expect(message.endsWith('\n\n')).toBe(true)
  expect(
    message
      .trimEnd()
      .split(/\r\n|\r|\n/)
      .every((line) => line.startsWith('data: ')),
  ).toBe(true)
})

test('a look that fails is not the end: the next one is sent', async () => {
  const { hub, shown } = hubOf(page())
  shown.failures = 3
  const one = viewer()
  hub.join(one.listen)
  expect(targets(await one.next())).toEqual(regionNames)
  expect(shown.reads).toBeGreaterThan(3)
})

test('only what somebody looks at is read: a page without viewers is not', async () => {
  const { all, hub, shown } = hubOf(page())
  const other = otherView()
  const [one, two] = [viewer(), viewer()]
  const leave = all.join(other, one.listen)
  expect(targets(await one.next())).toEqual(['events'])
  expect(shown.reads).toBe(0)
  leave()
  hub.join(two.listen)
  expect(targets(await two.next())).toEqual(regionNames)
  const before = other.reads
  await two.clock()
  await two.clock()
  expect(other.reads).toBe(before)
})

test('two viewers of one view share its looks, and get the same', async () => {
  const { all } = hubOf(page())
  const other = otherView()
  const [one, two] = [viewer(), viewer()]
  all.join(other, one.listen)
  all.join(other, two.listen)
  expect(await one.next()).toBe(await two.next())
})
