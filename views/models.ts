import { weightsOf, type Model } from '../domain/model.ts'
import { permitAnywhere, reservationOn, type Permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { html, type Html } from './html.ts'
import { emptiedBy, isServing } from './hosts.ts'
import { hostList } from './model-name.ts'
import { badge } from './outcome.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { gib } from './quantity.ts'

const sharedReasonId = 'swap-refused'

/** The catalog, each model with what it needs and what can be done with it. */
export function modelList(data: PageData): Html {
  const verdicts = data.models.map((model) => permitAnywhere('swap', model, data.status))
  const shared = sharedReason(verdicts)
  return html`<section id="models" aria-labelledby="models-title">
    <h2 id="models-title">Models</h2>
    ${shared !== null && html`<p class="reason" id="${sharedReasonId}">No swap can start now: ${shared}</p>`}
    ${data.models.length === 0 && html`<p>The catalog has no models.</p>`}
    <ul class="rows">
      ${data.models.map((model, i) => row(model, data, verdicts[i] ?? { allowed: true }, shared === null ? undefined : sharedReasonId))}
    </ul>
  </section>`
}

/** One reason that holds for every model is said once, above them. */
function sharedReason(verdicts: readonly Permit[]): string | null {
  const reasons = new Set(verdicts.map((verdict) => (verdict.allowed ? null : verdict.reason)))
  const [only = null] = reasons
  return reasons.size === 1 ? only : null
}

function row(model: Model, data: PageData, verdict: Permit, reasonId: string | undefined): Html {
  const { status } = data
  const serving = status.hosts.filter((host) => host.deployment?.model === model.key && emptiedBy(host, data) === null)
  const healthy = serving.every((host) => isServing(host))
  const context = model.knobs.max_model_len
  return html`<li class="row model" id="model-${model.key}">
    <div class="what">
      <strong>${model.name}</strong> ${serving.length > 0 && badge(healthy ? 'ok' : 'warn', `on ${hostList(serving.map(({ name }) => name))}`)}
      <p class="facts">
        <span><code>${weightsOf(model)}</code></span>
        <span>key <code>${model.key}</code></span>
        <span>on ${hostList(model.placement)}</span>
        ${model.local && html`<span>local</span>`} ${model.memory_gib !== null && html`<span>needs ${gib(model.memory_gib)}</span>`}
        ${model.weights_gib !== null && html`<span>weights ${gib(model.weights_gib)}</span>`}
        ${context !== undefined && html`<span>context ${context.toLocaleString('en')}</span>`}
      </p>
      ${model.notes !== null && html`<p class="notes">${model.notes}</p>`}
    </div>
    <div class="actions">
      ${dialogButton({ id: `swap-${model.key}`, label: 'Swap', about: `to ${model.name}`, url: paths.swapDialog(model.key), permit: verdict, look: 'primary', reasonId })}
      ${
        !verdict.allowed &&
        reservationOn(status.lock, model.placement) !== null &&
        dialogButton({
          id: `swap-anyway-${model.key}`,
          label: 'Swap anyway…',
          about: `to ${model.name}`,
          url: paths.swapDialog(model.key, true),
          permit: permitAnywhere('swap_anyway', model, status),
          look: 'danger',
          reasonId,
        })
      }
      ${dialogButton({
        id: `dry-run-${model.key}`,
        label: 'Dry run',
        about: model.name,
        url: paths.dryRunDialog(model.key, model.placement),
        permit: permitAnywhere('dry_run', model, status),
        look: 'outline',
        reasonId: verdict.allowed ? undefined : reasonId,
      })}
    </div>
  </li>`
}
