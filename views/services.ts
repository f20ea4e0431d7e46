import type { ServiceStatus } from '../domain/services/service-status.ts'
import { html, type Html } from './html.ts'
import { badge, type Tone } from './outcome.ts'
import type { PageData } from './page-data.ts'
import { moment } from './time.ts'

const states: Record<ServiceStatus['state'], { readonly tone: Tone; readonly word: string }> = {
  up: { tone: 'ok', word: 'up' },
  up_needs_key: { tone: 'ok', word: 'up, needs a key' },
  starting: { tone: 'busy', word: 'starting' },
  down: { tone: 'bad', word: 'down' },
  unknown: { tone: 'idle', word: 'not seen yet' },
}

/** How it is, in a word. */
export const serviceBadge = ({ state }: Pick<ServiceStatus, 'state'>): Html => badge(states[state].tone, states[state].word)

/** Kinds with a page for people behind their address; the others answer programs only. */
const withPage = new Set<ServiceStatus['kind']>(['http', 'open-webui', 'openclaw'])

/** What runs beside the models, a tile each. Nothing at all where nothing is watched. */
export const serviceTiles = ({ status: { services } }: PageData): Html => html`
  <section id="services" aria-labelledby="services-title" ${services.length === 0 ? html`hidden` : ''}>
    <h2 id="services-title">Services</h2>
    <div class="cards">${services.map(tile)}</div>
  </section>
`

function tile(service: ServiceStatus): Html {
  const { name, host, description, state, since, detail, alias } = service
  const { tone } = states[state]
  return html`<article class="card service" id="service-${name}" data-tone="${tone}" aria-labelledby="service-${name}-name">
    <header>
      <h3 id="service-${name}-name">${name}</h3>
      <span class="muted">${service.kind}${host !== null && html` on ${host}`}</span>
      ${serviceBadge(service)}
    </header>
    ${description !== null && html`<p>${description}</p>`}
    <p class="facts">
      <span>${address(service)}</span>
      ${alias !== null && html`<span>serves <code>${alias}</code></span>`} ${since !== null && html`<span>since ${moment(since)}</span>`}
      ${detail !== null && html`<span>${detail}</span>`}
    </p>
  </article>`
}

const address = ({ kind, base_url }: ServiceStatus): Html =>
  withPage.has(kind) && /^https?:\/\//.test(base_url) ? html`<a href="${base_url}" rel="noreferrer">${base_url}</a>` : html`<code>${base_url}</code>`
