import type { Endpoints } from '../../domain/services/endpoints.ts'
import { html, type Html } from '../html.ts'
import { hostList } from '../model-name.ts'
import { serviceBadge } from '../services.ts'

/** Base URLs for clients, to be copied; what is switched off, and what could not be read. */
export const endpointList = ({ models, services, disabled, problems }: Endpoints): Html => html`
  <section id="endpoints" aria-labelledby="endpoints-title">
    <h2 id="endpoints-title">Addresses for clients</h2>
    ${models.length + services.length === 0 && html`<p class="muted">Nothing serves now.</p>`}
    <ul class="rows">
      ${models.map((model) => row({ ...model, where: `model on ${hostList(model.hosts)}` }))}
      ${services.map((service) => row({ ...service, where: `${service.kind}${service.host === null ? '' : ` on ${service.host}`}` }))}
    </ul>
    ${
      disabled.length > 0 &&
      html`<p class="muted">
        Switched off, and never asked: ${disabled.map(({ name, base_url: url }, i) => html`${i > 0 && ', '}${name} (<code>${url}</code>)`)}.
      </p>`
    }
    ${problems.map((problem) => html`<p class="note" data-tone="warn">An entry was passed over: ${problem}</p>`)}
  </section>
`

interface Address {
  readonly name: string
  readonly where: string
  readonly base_url: string
  readonly alias: string | null
  readonly state: Parameters<typeof serviceBadge>[0]['state']
}

const row = (address: Address): Html =>
  html`<li class="row endpoint">
    <div class="what">
      <p class="title">${serviceBadge(address)} <strong>${address.name}</strong> <span class="muted">${address.where}</span></p>
      ${
        address.alias !== null &&
        html`<p class="facts">
          <span>asked for as <code>${address.alias}</code></span>
        </p>`
      }
    </div>
    <div class="copyable with-button">
      <input type="text" readonly value="${address.base_url}" aria-label="Base URL of ${address.name}" spellcheck="false" />
      <button type="button" class="secondary outline" data-copy aria-label="Copy the base URL of ${address.name}">Copy</button>
    </div>
  </li>`
