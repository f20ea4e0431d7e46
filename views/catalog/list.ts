import type { CatalogModel } from '../../domain/catalog-model.ts'
import { weightsOf } from '../../domain/model.ts'
import type { Status } from '../../domain/status.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { hostList } from '../model-name.ts'
import { sharedReason, sharedReasonId, swapButtons, swapVerdict } from '../models.ts'
import { badge } from '../outcome.ts'
import { paths } from '../paths.ts'
import { gib } from '../quantity.ts'
import type { ModelSelection } from './filter.ts'
import { originBadges, placementWords, sourceOf } from './model-facts.ts'
import type { ModelsData } from './regions.ts'

/** The models that fit the filter. `total` is how many there are at all. */
export function catalogList(selection: ModelSelection, total: number, data: ModelsData): Html {
  const { shown, fitting } = selection
  const verdicts = shown.map((model) => swapVerdict(model, data.status))
  const shared = sharedReason(verdicts)
  return html`<section id="models" aria-labelledby="models-title">
    <h2 id="models-title">${fitting === total ? count(total) : `${String(fitting)} of ${count(total)}`}</h2>
    ${shared !== null && html`<p class="reason" id="${sharedReasonId}">No swap can start now: ${shared}</p>`}
    ${total === 0 && html`<p class="muted">The catalog has no models.</p>`} ${total > 0 && fitting === 0 && html`<p>No model fits the filter.</p>`}
    <ul class="rows">
      ${shown.map((model, i) => row(model, data.status, html`${swapButtons(model, data.status, verdicts[i] ?? { allowed: true }, shared === null ? undefined : sharedReasonId)}`))}
    </ul>
    ${pager(selection, data)}
  </section>`
}

const count = (n: number): string => (n === 1 ? '1 model' : `${n.toLocaleString('en')} models`)

function row(model: CatalogModel, status: Status, swaps: Html): Html {
  const on = status.hosts.filter(({ deployment }) => deployment?.model === model.key).map(({ name }) => name)
  const context = model.knobs.max_model_len
  return html`<li class="row model" id="model-${model.key}">
    <div class="what">
      <p class="title"><strong>${model.name}</strong> ${originBadges(model)} ${on.length > 0 && badge('ok', `loaded on ${hostList(on)}`)}</p>
      <p class="facts">
        <span>key <code>${model.key}</code></span>
        <span><code>${weightsOf(model)}</code></span>
        <span>${placementWords(model)}</span>
        <span>by ${model.launcher}</span>
        <span>${model.memory_gib === null ? 'memory need not known' : `needs ${gib(model.memory_gib)}`}</span>
        ${model.weights_gib !== null && html`<span>weights ${gib(model.weights_gib)}</span>`}
        ${context !== undefined && html`<span>context ${context.toLocaleString('en')} tokens</span>`}
        ${model.source !== null && html`<span>source ${sourceOf(model.source)}</span>`}
      </p>
      ${model.warnings.map((warning) => html`<p class="warning">${warning}.</p>`)}
    </div>
    <div class="actions">
      ${swaps}
      ${dialogButton({ id: `knobs-${model.key}`, label: 'Knobs…', about: `of ${model.name}`, url: paths.knobsDialog(model.key), permit: permit('edit_model', status), look: 'outline' })}
      ${dialogButton({ id: `about-${model.key}`, label: 'Details…', about: `of ${model.name}`, url: paths.modelDialog(model.key), permit: { allowed: true }, look: 'outline' })}
    </div>
  </li>`
}

function pager({ page, pages }: ModelSelection, { filter }: ModelsData): Html {
  if (pages === 1) return html``
  const at = (to: number): string => paths.modelsPage({ q: filter.q, show: filter.show, page: to })
  return html`<nav class="pager" aria-label="Pages of models">
    ${page > 1 ? html`<a href="${at(page - 1)}" rel="prev">Previous</a>` : html`<span class="muted">Previous</span>`}
    <span>Page ${page} of ${pages}</span>
    ${page < pages ? html`<a href="${at(page + 1)}" rel="next">Next</a>` : html`<span class="muted">Next</span>`}
  </nav>`
}
