import { hostCards } from './hosts.ts'
import { swapHistory } from './history.ts'
import { html, type Html } from './html.ts'
import { lockBanner } from './lock-banner.ts'
import { modelList } from './models.ts'
import type { PageData } from './page-data.ts'
import { problemBanner } from './problems.ts'
import { queueList } from './queue.ts'
import { swapPanel } from './swap-panel.ts'

/** The parts of the page that follow the truth: each is a whole snapshot, sent again only when it has changed. In the order of the page. */
export const regions = {
  problems: ({ status }: PageData) => problemBanner(status),
  lock: ({ status }: PageData) => lockBanner(status),
  swap: swapPanel,
  queue: queueList,
  hosts: hostCards,
  models: modelList,
  history: swapHistory,
} as const satisfies Record<string, (data: PageData) => Html>

export type RegionName = keyof typeof regions
export const regionNames = Object.keys(regions) as RegionName[] // the keys of the table above

/** One region as htmx puts it into a page that is open: it is merged into what is there, so that focus and inputs stay. */
export const partial = (name: RegionName, region: Html): Html => html`<hx-partial hx-target="#${name}" hx-swap="outerMorph">${region}</hx-partial>`
