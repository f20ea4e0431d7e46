import type { Status } from '../domain/status.ts'
import { html, htmlDocument, type Html } from './html.ts'
import type { Assets } from './page-data.ts'
import { paths } from './paths.ts'
import type { Regions } from './regions.ts'

/** The pages in the order of the navigation. */
export const pages = {
  dashboard: { title: 'Dashboard', path: paths.home },
  models: { title: 'Models', path: paths.models },
  hosts: { title: 'Hosts', path: paths.hosts },
  swaps: { title: 'Swaps', path: paths.swaps },
  schedules: { title: 'Schedules', path: paths.schedules },
  webhooks: { title: 'Webhooks', path: paths.webhooks },
  audit: { title: 'Audit', path: paths.audit },
  settings: { title: 'Settings', path: paths.settings },
  setup: { title: 'Add your Sparks', path: paths.setup },
} as const

export type PageName = keyof typeof pages

export interface PageShown {
  readonly page: PageName
  /** Where the page hears what changes. */
  readonly stream: string
  readonly status: Status
  readonly regions: Regions
}

/** Strict CSP: nothing inline, nothing evaluated. Dialog answers of any status are swapped in where the form says. */
const htmxConfig = 'includeIndicatorCSS:false, history:false, extensions:"sse,keep-open"'

/** One page as a whole document. All pages have the same head, stream and dialog; they differ in their regions. */
export const pageDocument = ({ page, stream, status, regions }: PageShown, assets: Assets): string =>
  htmlDocument(
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content="${htmxConfig}" />
        <title>${page !== 'dashboard' && html`${pages[page].title} · `}Spark Control${status.cluster !== null && html` · ${status.cluster}`}</title>
        <link rel="icon" href="${assets.icon}" type="image/svg+xml" />
        ${assets.styles.map((href) => html`<link rel="stylesheet" href="${href}" />`)}
        ${assets.libraries.map((src) => html`<script src="${src}"></script>`)}
        <script src="${assets.script}" defer></script>
      </head>
      <body data-now="${status.now}">
        ${top(page, status)}
        <main class="container" id="main" data-page="${page}">
          <h1 class="${page === 'dashboard' ? 'visually-hidden' : ''}">${pages[page].title}</h1>
          ${Object.values(regions)}
        </main>
        <div id="stream" hx-sse:connect="${stream}" hx-swap="none" hidden></div>
        <dialog id="dialog" aria-labelledby="dialog-title"><article id="dialog-body"></article></dialog>
      </body>
    </html>`,
  )

const top = (page: PageName, status: Status): Html => html`
  <a class="skip" href="#main">Skip to content</a>
  <header class="container top">
    <p class="brand"><a href="${paths.home}">Spark Control</a></p>
    ${status.cluster !== null && html`<span class="cluster">${status.cluster}</span>`}
    ${status.demo && html`<a class="badge" data-tone="demo" href="${paths.setup}" title="Two simulated Sparks on this machine. No real GPU is touched. Add your own here.">DEMO</a>`}
    <p id="connection" role="status" data-state="connecting">connecting</p>
    <nav aria-label="Pages">
      ${Object.entries(pages).map(([name, { title, path }]) => html`<a href="${path}" ${name === page ? html`aria-current="page"` : ''}>${title}</a>`)}
      <a href="${paths.docs}">API</a>
    </nav>
  </header>
`
