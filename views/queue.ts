import { permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { html, type Html } from './html.ts'
import { hostList, swapTitle } from './model-name.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { elapsedSince } from './time.ts'

/** Swaps that wait for their turn, the next one first. */
export function queueList({ status, models }: PageData): Html {
  return html`<section id="queue" class="panel" aria-labelledby="queue-title" ${status.queue.length === 0 ? html`hidden` : ''}>
    <h2 id="queue-title">Queue</h2>
    <ol class="rows">
      ${status.queue.map((swap) => {
        const title = swapTitle(swap.model, models)
        return html`<li class="row" id="queued-${swap.swap_id}">
          <div>
            <strong>${title}</strong>
            <p class="facts">
              <span>on ${hostList(swap.hosts)}</span>
              <span>waits ${elapsedSince(swap.requested_at)}</span>
              ${swap.holder !== null && html`<span>asked by ${swap.holder}</span>`}
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
      })}
    </ol>
  </section>`
}
