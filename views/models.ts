import { weightsOf, type Model } from '../domain/model.ts'
import { permitAnywhere, reservationOn, type Permit } from './actions.ts'
import type { Status } from '../domain/status.ts'
import { dialogButton } from './button.ts'
import { loadedKeys } from './catalog/filter.ts'
import { placementWords } from './catalog/model-facts.ts'
import { html, type Html } from './html.ts'
import { emptiedBy, isServing } from './hosts.ts'
import { hostList } from './model-name.ts'
import { badge } from './outcome.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { gib } from './quantity.ts'

export const sharedReasonId = 'swap-refused'

/** So many are listed on the dashboard; all of them are on the page of models. */
const listed = 25

/** The catalog, each model with what it needs and what can be done with it. */
export function modelList(data: PageData): Html {
  const models = shortList(data)
  const verdicts = models.map((model) => swapVerdict(model, data.status))
  const shared = sharedReason(verdicts)
  const all = data.models.length
  return html`<section id="models" aria-labelledby="models-title">
    <h2 id="models-title">Models</h2>
    ${shared !== null && html`<p class="reason" id="${sharedReasonId}">No swap can start now: ${shared}</p>`}
    ${all === 0 && html`<p>The catalog has no models.</p>`}
    <ul class="rows">
      ${models.map((model, i) => row(model, data, verdicts[i] ?? { allowed: true }, shared === null ? undefined : sharedReasonId))}
    </ul>
    <p class="further"><a href="${paths.models}">${all > listed ? `All ${all.toLocaleString('en')} models` : 'Add or change models'}</a></p>
  </section>`
}

/** A catalog that is longer than the list is cut, and then what is loaded comes first. */
function shortList({ models, status }: PageData): readonly Model[] {
  if (models.length <= listed) return models
  const loaded = loadedKeys(status)
  return models.toSorted((a, b) => Number(loaded.has(b.key)) - Number(loaded.has(a.key))).slice(0, listed)
}

export const swapVerdict = (model: Model, status: Status): Permit => permitAnywhere('swap', model, status)

/** One reason that holds for every model is said once, above them. */
export function sharedReason(verdicts: readonly Permit[]): string | null {
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
        <span>${placementWords(model)}</span>
        ${model.local && html`<span>local</span>`} ${model.memory_gib !== null && html`<span>needs ${gib(model.memory_gib)}</span>`}
        ${model.weights_gib !== null && html`<span>weights ${gib(model.weights_gib)}</span>`}
        ${context !== undefined && html`<span>context ${context.toLocaleString('en')}</span>`}
      </p>
      ${model.notes !== null && html`<p class="notes">${model.notes}</p>`}
    </div>
    <div class="actions">${swapButtons(model, status, verdict, reasonId)}</div>
  </li>`
}

/** Swap, past a lock where one stands in the way, and the dry run. `reasonId`: where it is said why none can start. */
export function swapButtons(model: Model, status: Status, verdict: Permit, reasonId: string | undefined): Html {
  const anyway = permitAnywhere('swap_anyway', model, status)
  const lockIsInTheWay = !verdict.allowed && reservationOn(status.lock, model.placement) !== null
  return html`
    ${dialogButton({ id: `swap-${model.key}`, label: 'Swap', about: `to ${model.name}`, url: paths.swapDialog(model.key), permit: verdict, look: 'primary', reasonId })}
    ${
      lockIsInTheWay &&
      (anyway.allowed || anyway.reason !== verdict.reason) &&
      dialogButton({
        id: `swap-anyway-${model.key}`,
        label: 'Swap anyway…',
        about: `to ${model.name}`,
        url: paths.swapDialog(model.key, true),
        permit: anyway,
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
  `
}
