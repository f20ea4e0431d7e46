import type { Model } from '../domain/model.ts'
import type { HostStatus } from '../domain/status.ts'
import type { Swap } from '../domain/swap.ts'
import { busyOn, permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { causeText } from './cause.ts'
import { html, type Html } from './html.ts'
import { modelName } from './model-name.ts'
import { badge, type Tone } from './outcome.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { celsius, gibOfBytes, percent, watts } from './quantity.ts'
import { moment } from './time.ts'

/** What each host holds, and how it is. */
export const hostCards = (data: PageData): Html => html`
  <section id="hosts" aria-labelledby="hosts-title">
    <h2 id="hosts-title">Hosts</h2>
    <div class="cards">${data.status.hosts.map((host) => card(host, data))}</div>
    ${data.status.hosts.length === 0 && html`<p>No host is configured. <a href="${paths.setup}">Add your Sparks</a></p>`}
  </section>
`

interface State {
  readonly tone: Tone
  readonly word: string
}

/** A look older than this no longer tells how the host is. */
const staleMs = 30_000

function stateOf(host: HostStatus, data: PageData): State {
  if (host.arbiter === 'quarantined') return { tone: 'bad', word: 'in quarantine' }
  if (host.reachable === true && host.arbiter === 'unreachable') return { tone: 'bad', word: 'not usable' }
  if (host.reachable === false || host.arbiter === 'unreachable') return { tone: 'bad', word: 'unreachable' }
  if (host.reachable === null) return { tone: 'idle', word: 'not seen yet' }
  if (host.looked_at !== null && Date.parse(data.status.now) - Date.parse(host.looked_at) > staleMs) return { tone: 'warn', word: 'not seen lately' }
  if (busyOn(data, [host.name])) return { tone: 'busy', word: 'swapping' }
  if (host.arbiter !== 'known') return { tone: 'warn', word: 'being looked at' }
  if (host.deployment === null) return { tone: 'idle', word: 'empty' }
  return isServing(host) ? { tone: 'ok', word: 'healthy' } : { tone: 'bad', word: 'not healthy' }
}

/** Healthy at the last look, or validated since: a swap's own proof is newer than a look from before its end. */
export const isServing = ({ deployment, looked_at }: HostStatus): boolean =>
  deployment !== null &&
  (deployment.healthy || (deployment.validated_at !== null && looked_at !== null && Date.parse(deployment.validated_at) > Date.parse(looked_at)))

function card(host: HostStatus, data: PageData): Html {
  const { tone, word } = stateOf(host, data)
  const seen = host.looked_at !== null && tone !== 'ok' && tone !== 'busy' && word !== 'empty'
  return html`<article class="card host" id="host-${host.name}" data-tone="${tone}" aria-labelledby="host-${host.name}-name">
    <header>
      <h3 id="host-${host.name}-name">${host.name}</h3>
      <span class="muted">${host.address}</span>
      ${badge(tone, word)}
    </header>
    ${holding(host, data)} ${host.cause !== null && causeText(host.cause)}
    ${seen && host.looked_at !== null && html`<p class="facts"><span>last looked at ${moment(host.looked_at)}</span></p>`} ${figures(host)}
    <footer>
      ${dialogButton({
        id: `unload-${host.name}`,
        label: 'Unload…',
        about: host.name,
        url: paths.unloadDialog(host.deployment?.hosts ?? [host.name]),
        permit: permit('unload', data.status, host.deployment?.hosts ?? [host.name]),
        look: 'outline',
      })}
    </footer>
  </article>`
}

function holding(host: HostStatus, data: PageData): Html {
  const { deployment, name } = host
  const { models } = data
  const swap = emptiedBy(host, data)
  if (swap !== null) return html`<p class="holds none">${coming(swap, models)}</p>`
  if (deployment === null) return html`<p class="holds none">No model loaded</p>`
  const others = deployment.hosts.filter((host) => host !== name)
  const known = deployment.model ?? deployment.served_id
  return html`<p class="holds">${known === null ? 'An unknown model' : modelName(known, models)}</p>
    <p class="facts">
      <span><code>${deployment.base_url}</code></span>
      ${deployment.served_id !== null && deployment.served_id !== deployment.model && html`<span>serves as <code>${deployment.served_id}</code></span>`}
      ${others.length > 0 && html`<span>with ${others.join(', ')}</span>`}
      ${deployment.adopted ? html`<span>started by someone else</span>` : deployment.validated_at !== null && html`<span>validated ${moment(deployment.validated_at)}</span>`}
    </p>`
}

/** The swap that has emptied this host: from the end of its stop on, the host no longer holds what the arbiter last knew there. */
export function emptiedBy({ name }: HostStatus, data: Pick<PageData, 'running'>): Swap | null {
  const swap = busyOn(data, [name])
  return swap?.phases.some((phase) => phase.name === 'stop' && phase.state === 'done') === true ? swap : null
}

const coming = ({ phase, model, previous }: Swap, models: readonly Model[]): string => {
  if (phase === 'restore') return `Putting back ${previous.map((one) => modelName(one.model, models)).join(', ')}`
  return model === null ? 'No model loaded' : `Starting ${modelName(model, models)}`
}

function figures({ mem_available_bytes: free, mem_total_bytes: total, gpu }: HostStatus): Html {
  const used = free === null || total === null || total === 0 ? null : Math.round(((total - free) / total) * 100)
  return html`<dl class="figures">
    <div class="wide">
      <dt>Memory free</dt>
      <dd><b>${gibOfBytes(free)}</b>${total !== null && html` of ${gibOfBytes(total)}`}</dd>
      ${
        used !== null &&
        html`<svg class="bar" width="100%" height="6" aria-hidden="true" data-level="${used > 95 ? 'high' : 'normal'}">
          <rect class="track" width="100%" height="6" rx="3" />
          <rect class="fill" width="${used}%" height="6" rx="3" />
        </svg>`
      }
    </div>
    <div>
      <dt>GPU</dt>
      <dd>${percent(gpu?.utilization_percent ?? null)}</dd>
    </div>
    <div>
      <dt>Temperature</dt>
      <dd>${celsius(gpu?.temperature_c ?? null)}</dd>
    </div>
    <div>
      <dt>Power</dt>
      <dd>${watts(gpu?.power_w ?? null)}</dd>
    </div>
  </dl>`
}
