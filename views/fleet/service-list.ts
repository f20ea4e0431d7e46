import type { ServiceStatus } from '../../domain/services/service-status.ts'
import type { Status } from '../../domain/status.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'
import { serviceBadge } from '../services.ts'
import { moment } from '../time.ts'

/** What runs beside the models, with the restart of each. */
export const serviceList = (status: Status): Html => html`
  <section id="services" aria-labelledby="services-title">
    <h2 id="services-title">Services</h2>
    ${
      status.services.length === 0 &&
      html`<p class="muted">None is watched. They are named in <code>services-overrides.yaml</code>, and found by the set-up.</p>`
    }
    <ul class="rows">
      ${status.services.map((service) => row(service, status))}
    </ul>
  </section>
`

const row = (service: ServiceStatus, status: Status): Html => {
  const { name, kind, host, description, since, detail, alias } = service
  return html`<li class="row service" id="service-${name}">
    <div class="what">
      <p class="title">${serviceBadge(service)} <strong>${name}</strong> <span class="muted">${kind}${host !== null && html` on ${host}`}</span></p>
      ${description !== null && html`<p>${description}</p>`}
      <p class="facts">
        <span><code>${service.base_url}</code></span>
        ${alias !== null && html`<span>serves <code>${alias}</code></span>`} ${since !== null && html`<span>since ${moment(since)}</span>`}
        ${detail !== null && html`<span>${detail}</span>`}
      </p>
    </div>
    <div class="actions">
      ${dialogButton({
        id: `restart-${name}`,
        label: 'Restart…',
        about: name,
        url: paths.restartServiceDialog(name),
        permit: permit('restart_service', status, host === null ? [] : [host], { service }),
        look: 'outline',
      })}
    </div>
  </li>`
}
