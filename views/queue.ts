import { rfc3339 } from '../domain/names.ts'
import type { Swap } from '../domain/swap.ts'
import { permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { expectedStartsMs } from './expected.ts'
import { html, type Html } from './html.ts'
import { hostList, swapTitle } from './model-name.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { elapsedSince, moment } from './time.ts'

/** Swaps that wait for their turn, the next one first, each with its place and when it should start. */
export function queueList(data: PageData): Html {
  const { queue } = data.status
  const starts = expectedStartsMs(
    queue,
    data.running.map(({ swap }) => swap),
    data.recent,
  )
  return html`<section id="queue" class="panel" aria-labelledby="queue-title" ${queue.length === 0 ? html`hidden` : ''}>
    <h2 id="queue-title">Queue</h2>
    <ol class="rows">
      ${queue.map((swap, i) => row(swap, i + 1, starts[i] ?? null, data))}
    </ol>
  </section>`
}

function row(swap: Swap, place: number, startMs: number | null, { status, models }: PageData): Html {
  const title = swapTitle(swap.model, models)
  return html`<li class="row" id="queued-${swap.swap_id}">
    <div>
      <strong><span class="muted">${place}.</span> ${title}</strong>
      <p class="facts">
        <span>on ${hostList(swap.hosts)}</span>
        <span>waits ${elapsedSince(swap.requested_at)}</span>
        <span>${startMs === null ? 'start not known yet' : html`should start about ${moment(rfc3339(startMs))}`}</span>
        ${swap.holder !== null && html`<span>asked by ${swap.holder}</span>`}
        ${swap.schedule !== null && html`<span>schedule ${swap.schedule}</span>`}
      </p>
    </div>
    ${dialogButton({
      id: `cancel-${swap.swap_id}`,
      label: 'Cancel…',
      about: title,
      url: paths.cancelDialog(swap.swap_id),
      permit: permit('cancel', status),
      look: 'outline',
    })}
  </li>`
}
