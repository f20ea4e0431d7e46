import type { Model } from '../domain/model.ts'
import type { Swap } from '../domain/swap.ts'
import { tellingLine } from './cause.ts'
import { html, type Html } from './html.ts'
import { hostList, swapTitle } from './model-name.ts'
import { badge, outcomeBadge, outcomeMeaning } from './outcome.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { phaseList } from './phases.ts'
import { moment, took } from './time.ts'

/** How many of `recent` are listed; the rest only feeds the usual times. */
const listed = 10

/** The last swaps, newest first, each with its outcome and cause. */
export const swapHistory = ({ recent, models }: PageData): Html => html`
  <section id="history" aria-labelledby="history-title">
    <h2 id="history-title">Last swaps</h2>
    ${recent.length === 0 && html`<p class="muted">No swap has run yet.</p>`}
    <ol class="rows">
      ${recent.slice(0, listed).map((swap) => historyRow(swap, models))}
    </ol>
    ${recent.length > 0 && html`<p class="further"><a href="${paths.swaps}">All swaps</a></p>`}
  </section>
`

/** One swap in a list; one that has not ended says how far it is. */
export function historyRow(swap: Swap, models: readonly Model[]): Html {
  const title = swapTitle(swap.model, models)
  const outcome = swap.outcome ?? 'terminated'
  const time = took(swap.requested_at, swap.ended_at)
  return html`<li class="row past" id="past-${swap.swap_id}">
    <div class="what">
      ${swap.state === 'done' ? outcomeBadge(outcome) : badge('busy', swap.phase ?? swap.state)} <strong>${title}</strong>
      <p class="facts">
        <span>on ${hostList(swap.hosts)}</span>
        <span>${moment(swap.ended_at ?? swap.requested_at)}</span>
        ${time !== null && html`<span>took ${time}</span>`} ${swap.holder !== null && html`<span>by ${swap.holder}</span>`}
        ${swap.schedule !== null && html`<span>schedule ${swap.schedule}</span>`}
      </p>
      ${swap.cause !== null && html`<p class="cause">${swap.cause.message}</p>`}
    </div>
    <details id="past-${swap.swap_id}-more">
      <summary aria-label="Details of ${title}">Details</summary>
      ${swap.state === 'done' && html`<p>${outcomeMeaning(outcome)}</p>`} ${swap.cause !== null && html`<p class="advice">${swap.cause.advice}</p>`}
      ${swap.cause !== null && tellingLine(swap.cause)} ${phaseList(swap)}
      <p class="facts">
        <span>id <code>${swap.swap_id}</code></span>
        ${swap.fence !== null && html`<span>fence ${swap.fence}</span>`} ${swap.reason !== null && html`<span>“${swap.reason}”</span>`}
        <span><a href="${paths.swapsPage({ id: swap.swap_id })}">Its page and log</a></span>
      </p>
    </details>
  </li>`
}
