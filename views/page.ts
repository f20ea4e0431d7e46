import { html, htmlDocument, type Html } from './html.ts'
import type { Assets, PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { regionNames, regions } from './regions.ts'

/** Strict CSP: nothing inline, nothing evaluated. Dialog answers of any status are swapped in where the form says. */
const htmxConfig = 'includeIndicatorCSS:false, history:false, extensions:"sse,keep-open"'

/** The whole dashboard as one document. */
export const dashboard = (data: PageData, assets: Assets): string =>
  htmlDocument(
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content="${htmxConfig}" />
        <title>Spark Control${data.status.cluster !== null && html` · ${data.status.cluster}`}</title>
        <link rel="icon" href="${assets.icon}" type="image/svg+xml" />
        ${assets.styles.map((href) => html`<link rel="stylesheet" href="${href}" />`)}
        ${assets.libraries.map((src) => html`<script src="${src}"></script>`)}
        <script src="${assets.script}" defer></script>
      </head>
      <body data-now="${data.status.now}">
        ${top(data)}
        <main class="container" id="main">${regionNames.map((name) => regions[name](data))}</main>
        <div id="stream" hx-sse:connect="${paths.events}" hx-swap="none" hidden></div>
        <dialog id="dialog" aria-labelledby="dialog-title"><article id="dialog-body"></article></dialog>
      </body>
    </html>`,
  )

const top = ({ status }: PageData): Html => html`
  <a class="skip" href="#main">Skip to content</a>
  <header class="container top">
    <h1>Spark Control</h1>
    ${status.cluster !== null && html`<span class="cluster">${status.cluster}</span>`}
    ${status.demo && html`<span class="badge" data-tone="demo" title="Two simulated Sparks on this machine. No real GPU is touched.">DEMO</span>`}
    <p id="connection" role="status" data-state="connecting">connecting</p>
    <nav aria-label="Further pages"><a href="${paths.docs}">API</a></nav>
  </header>
`
