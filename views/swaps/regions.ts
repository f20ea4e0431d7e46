import type { Model } from '../../domain/model.ts'
import type { Status } from '../../domain/status.ts'
import type { SwapPage } from '../../domain/swap-answer.ts'
import { historyRow } from '../history.ts'
import { html, type Html } from '../html.ts'
import { unknown, type Known } from '../known.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'

/** The page of all swaps, read at one moment. */
export interface SwapsData {
  readonly status: Status
  readonly models: readonly Model[]
  readonly page: Known<SwapPage>
  /** Only swaps before this place; null: the newest. */
  readonly before: string | null
  /** Only swaps to this model; null: to any. */
  readonly model: string | null
}

export const swapsRegions = (data: SwapsData): Regions => ({
  problems: problemBanner(data.status),
  swaps: data.page.known ? list(data.page.value, data) : unknown('swaps', data.page.problem),
})

const list = ({ swaps, next }: SwapPage, { models, before, model }: SwapsData): Html => html`
  <section id="swaps" aria-labelledby="swaps-title">
    <h2 id="swaps-title">${before === null ? 'The newest first' : 'Older swaps'}${model !== null && html` · to ${model}`}</h2>
    ${swaps.length === 0 && html`<p class="muted">${before === null ? 'No swap has run yet.' : 'There are no older ones.'}</p>`}
    <ol class="rows">
      ${swaps.map((swap) => historyRow(swap, models))}
    </ol>
    ${
      (before !== null || next !== null || model !== null) &&
      html`<nav class="pager" aria-label="Further swaps">
        ${(before !== null || model !== null) && html`<a href="${paths.swaps}">Newest of all</a>`}
        ${next !== null && html`<a href="${paths.swapsPage({ before: next, ...(model !== null && { model }) })}" rel="next">Older</a>`}
      </nav>`
    }
  </section>
`
