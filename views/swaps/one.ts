import type { Model } from '../../domain/model.ts'
import type { Status } from '../../domain/status.ts'
import type { SwapProgress } from '../../domain/swap-answer.ts'
import type { SwapLogList, SwapLogPage } from '../../domain/swap-log.ts'
import type { LeftWith, Swap } from '../../domain/swap.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { causeText } from '../cause.ts'
import { html, type Html } from '../html.ts'
import { unknown, type Known } from '../known.ts'
import { hostList, modelName, swapTitle } from '../model-name.ts'
import { badge, outcomeBadge, outcomeMeaning } from '../outcome.ts'
import { paths } from '../paths.ts'
import { phaseList } from '../phases.ts'
import { problemBanner } from '../problems.ts'
import { gibOfBytes } from '../quantity.ts'
import type { Regions } from '../regions.ts'
import { elapsedSince, moment, took } from '../time.ts'

/** How many lines of a log are shown: all that were kept of an ended one, the newest of one that still grows and is sent anew with each line. */
export const shownLines = { ended: 2000, running: 200 } as const

/** The page of one swap, read at one moment. */
export interface OneSwapData {
  readonly status: Status
  readonly models: readonly Model[]
  readonly swap: Known<{ readonly swap: Swap; readonly progress: SwapProgress | null }>
  readonly logs: Known<SwapLogList>
  readonly log: Known<SwapLogPage>
  /** Whose last words are shown; null: the swap's own log. */
  readonly of: string | null
}

export const oneSwapRegions = (data: OneSwapData): Regions => ({
  problems: problemBanner(data.status),
  swap: data.swap.known ? about(data.swap.value.swap, data) : unknown('swap', data.swap.problem),
  log: data.swap.known ? logOf(data.swap.value.swap, data) : html`<section id="log" hidden></section>`,
})

const leftWords: Record<LeftWith, string> = {
  target: 'the new model',
  previous: 'the previous model',
  empty: 'nothing',
  unknown: 'nobody knows what',
}

function about(swap: Swap, { models, status, swap: known }: OneSwapData): Html {
  const title = swapTitle(swap.model, models)
  const progress = known.known ? known.value.progress : null
  const time = took(swap.requested_at, swap.ended_at)
  return html`<section id="swap" class="panel" aria-labelledby="swap-title">
    <header>
      <h2 id="swap-title">${title}</h2>
      ${swap.outcome === null ? badge(swap.state === 'queued' ? 'idle' : 'busy', swap.phase ?? (swap.state === 'queued' ? 'waits for its turn' : 'starting')) : outcomeBadge(swap.outcome)}
      <p class="facts">
        <span>on ${hostList(swap.hosts)}</span>
        <span>asked ${moment(swap.requested_at)}${swap.holder !== null && html` by ${swap.holder}`}</span>
        ${swap.schedule !== null && html`<span>schedule <a href="${paths.schedulesPage({ q: swap.schedule })}">${swap.schedule}</a></span>`}
        ${swap.reason !== null && html`<span>“${swap.reason}”</span>`}
        ${time === null ? html`<span>${elapsedSince(swap.requested_at)}</span>` : html`<span>took ${time}</span>`}
        ${swap.previous.length > 0 && html`<span>replaces ${swap.previous.map(({ model, hosts }) => `${modelName(model, models)} on ${hostList(hosts)}`).join(', ')}</span>`}
        ${swap.fence !== null && html`<span>fence ${swap.fence}</span>`}
        <span>id <code>${swap.swap_id}</code></span>
      </p>
      ${
        swap.state !== 'done' &&
        dialogButton({
          id: `cancel-${swap.swap_id}`,
          label: 'Cancel…',
          about: title,
          url: paths.cancelDialog(swap.swap_id),
          permit: permit('cancel', status),
          look: 'danger',
        })
      }
    </header>
    ${phaseList(swap)}
    ${progress?.stage != null && html`<p>${progress.stage}${progress.percent !== null && html` <b>${progress.percent.toFixed(0)} %</b>`}</p>`}
    ${swap.outcome !== null && html`<p>${outcomeMeaning(swap.outcome)}</p>`} ${swap.cause !== null && causeText(swap.cause)}
    ${
      Object.keys(swap.left).length > 0 &&
      html`<p class="facts">${Object.entries(swap.left).map(([host, left]) => html`<span>${host} was left with ${leftWords[left]}</span>`)}</p>`
    }
    ${details(swap)}
  </section>`
}

const details = (swap: Swap): Html => {
  const said = swap.phases.filter(({ detail }) => detail !== null)
  return html`${
    said.length > 0 &&
    html`<dl class="about">
      ${said.map(
        ({ name, detail }) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${detail}</dd>
          </div>`,
      )}
    </dl>`
  }`
}

function logOf(swap: Swap, { logs, log, of }: OneSwapData): Html {
  const all = logs.known ? logs.value.logs : []
  const lastWords = all.filter((one) => one.of !== null)
  const heading = of === null ? 'Log' : `Last words of ${of}`
  return html`<section id="log" aria-labelledby="log-title">
    <h2 id="log-title">${heading}</h2>
    ${
      lastWords.length > 0 &&
      html`<nav class="choices" aria-label="Logs of this swap">
        ${logLink(swap, null, 'Its own log', of)}
        ${lastWords.map((one) => logLink(swap, one.of, `${one.container ?? ''} on ${one.host ?? ''}, as it was stopped ${gibOrBytes(one.bytes)}`, of))}
      </nav>`
    }
    ${log.known ? lines(log.value, swap) : unknown('log-lines', log.problem)}
  </section>`
}

const gibOrBytes = (bytes: number): string =>
  bytes < 2 ** 20 ? `(${(bytes / 1024).toFixed(0)} KiB)` : bytes < 2 ** 30 ? `(${(bytes / 2 ** 20).toFixed(1)} MiB)` : `(${gibOfBytes(bytes)})`

const logLink = (swap: Swap, of: string | null, words: string, current: string | null): Html =>
  html`<a href="${paths.swapsPage({ id: swap.swap_id, ...(of !== null && { of }) })}" ${of === current ? html`aria-current="true"` : ''}>${words}</a>`

function lines({ lines: shown, offset, of }: SwapLogPage, swap: Swap): Html {
  const more = offset > 0
  return html`<div id="log-lines">
    ${shown.length === 0 && html`<p class="muted">${swap.state === 'done' ? 'Nothing was kept.' : 'Nothing has been written yet.'}</p>`}
    ${
      shown.length > 0 &&
      html`<p class="facts">
          <span
            >${more ? `the last ${shown.length.toLocaleString('en')} lines` : shown.length === 1 ? '1 line' : `${shown.length.toLocaleString('en')} lines`}</span
          >
          <span><a href="${paths.swapLog(swap.swap_id, of)}">as plain text</a></span>
        </p>
        <div class="log tall" tabindex="0" role="group" aria-label="The log"><pre>${shown.join('\n')}</pre></div>`
    }
  </div>`
}
