import type { Endpoints } from '../../domain/services/endpoints.ts'
import type { HostStatus, Status } from '../../domain/status.ts'
import type { Telemetry } from '../../domain/telemetry/telemetry.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { causeText } from '../cause.ts'
import { isServing } from '../hosts.ts'
import { html, type Html } from '../html.ts'
import { unknown, type Known } from '../known.ts'
import { badge } from '../outcome.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'
import { moment } from '../time.ts'
import { endpointList } from './endpoints.ts'
import { hostFigures } from './host-figures.ts'
import { serviceList } from './service-list.ts'

/** All that the page of hosts shows, read at one moment. */
export interface FleetData {
  readonly status: Status
  /** The last hour; without it there are no curves. */
  readonly telemetry: Known<Telemetry>
  readonly endpoints: Known<Endpoints>
}

export const fleetRegions = (data: FleetData): Regions => ({
  problems: problemBanner(data.status),
  toolbar: toolbar(data.status),
  hosts: hosts(data),
  services: serviceList(data.status),
  endpoints: data.endpoints.known ? endpointList(data.endpoints.value) : unknown('endpoints', data.endpoints.problem),
})

const toolbar = (status: Status): Html => html`
  <section id="toolbar" aria-label="Look closer">
    <div class="toolbar">
      ${dialogButton({ id: 'try-ways', label: 'Try the way to each host…', about: '', url: paths.waysDialog, permit: permit('try_ways', status), look: 'outline' })}
      ${dialogButton({ id: 'ask-deep', label: 'Ask everything a real question…', about: '', url: paths.deepDialog, permit: permit('ask_deep', status), look: 'outline' })}
      ${dialogButton({ id: 'disks', label: 'What lies on the disks…', about: '', url: paths.disksDialog, permit: permit('look_at_disks', status), look: 'outline' })}
    </div>
  </section>
`

function hosts({ status, telemetry }: FleetData): Html {
  return html`<section id="hosts" aria-labelledby="hosts-title">
    <h2 id="hosts-title">Hosts</h2>
    ${!telemetry.known && html`<p class="muted">There are no curves: ${telemetry.problem.detail}</p>`}
    <div class="cards wide">
      ${status.hosts.map((host) => {
        const history = telemetry.known ? telemetry.value.hosts.find((one) => one.host === host.name) : undefined
        return card(host, hostFigures(host, history?.points ?? []))
      })}
    </div>
    ${status.hosts.length === 0 && html`<p>No host is configured. <a href="${paths.setup}">Add your Sparks</a></p>`}
  </section>`
}

function card(host: HostStatus, figures: Html): Html {
  const { name, address, reachable, cause, deployment, looked_at: lookedAt, gpu } = host
  const state = reachable === null ? badge('idle', 'not seen yet') : reachable ? badge('ok', 'reachable') : badge('bad', 'unreachable')
  return html`<article class="card host" id="host-${name}" aria-labelledby="host-${name}-name">
    <header>
      <h3 id="host-${name}-name">${name}</h3>
      <span class="muted">${address}${gpu !== null && html`, ${gpu.name}`}</span>
      ${state}
    </header>
    <p class="facts">
      <span>${deployment === null ? 'holds no model' : `holds ${deployment.model ?? deployment.served_id ?? 'an unknown model'}`}</span>
      ${deployment !== null && html`<span>${isServing(host) ? 'it answers' : 'it does not answer'}</span>`}
      ${deployment?.wedged_since != null && html`<span class="warning">seems wedged since ${moment(deployment.wedged_since)}: requests wait, no token comes, the GPU idles</span>`}
      <span>arbiter: ${host.arbiter}</span>
      ${lookedAt !== null && html`<span>looked at ${moment(lookedAt)}</span>`}
    </p>
    ${cause !== null && causeText(cause)} ${figures}
  </article>`
}
