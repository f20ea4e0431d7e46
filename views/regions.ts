import { hostCards } from './hosts.ts'
import { swapHistory } from './history.ts'
import { html, type Html } from './html.ts'
import { lockBanner } from './lock-banner.ts'
import { modelList } from './models.ts'
import { nextUp } from './next-up.ts'
import type { PageData } from './page-data.ts'
import { problemBanner } from './problems.ts'
import { queueList } from './queue.ts'
import { serviceTiles } from './services.ts'
import { swapPanel } from './swap-panel.ts'

/** The parts of a page that follow the truth, by the ids of their elements and in the order of the page. Each is a whole snapshot. */
export type Regions = Readonly<Record<string, Html>>

/** The parts of the dashboard. */
export const regions = {
  problems: ({ status }: PageData) => problemBanner(status),
  lock: ({ status }: PageData) => lockBanner(status),
  swap: swapPanel,
  queue: queueList,
  next: nextUp,
  hosts: hostCards,
  services: serviceTiles,
  models: modelList,
  history: swapHistory,
} as const satisfies Record<string, (data: PageData) => Html>

export const dashboardRegions = (data: PageData): Regions => Object.fromEntries(Object.entries(regions).map(([name, region]) => [name, region(data)]))

/** One region as htmx puts it into a page that is open: it is merged into what is there, so that focus and inputs stay. */
export const partial = (name: string, region: Html): Html => html`<hx-partial hx-target="#${name}" hx-swap="outerMorph">${region}</hx-partial>`
