import type { Swap } from '../domain/swap.ts'
import { permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { causeText } from './cause.ts'
import { usualPhaseMs, usualSwapMs } from './expected.ts'
import { html, type Html } from './html.ts'
import { hostList, modelName, swapTitle } from './model-name.ts'
import { badge, outcomeBadge, outcomeMeaning } from './outcome.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { phaseList } from './phases.ts'
import { duration, elapsedSince, moment, took } from './time.ts'

/** The swap that runs; when none does, how the last one ended. */
export function swapPanel(data: PageData): Html {
  const { swap } = data.status
  if (swap !== null) return running(swap, data)
  const last = data.recent[0]
  return last === undefined ? html`<section id="swap" aria-label="Swap" hidden></section>` : ended(last, data)
}

const announcement = (text: string): Html => html`<p class="visually-hidden" role="status" id="swap-announcement">${text}</p>`

function running(swap: Swap, data: PageData): Html {
  const title = swapTitle(swap.model, data.models)
  const phase = swap.phases.find(({ state }) => state === 'running')
  const usual = usualSwapMs(swap.model, data.recent)
  const startedAt = swap.phases.find(({ started_at }) => started_at !== null)?.started_at ?? swap.requested_at
  return html`<section id="swap" class="panel" aria-labelledby="swap-title">
    <header>
      <h2 id="swap-title">${title}</h2>
      ${badge('busy', swap.phase ?? 'starting')}
      <p class="facts">
        <span>on ${hostList(swap.hosts)}</span>
        <span>${elapsedSince(startedAt)}${usual !== null && html`, usually ${duration(usual)}`}</span>
        ${usual === null && swap.deadline_at !== null && html`<span>at the latest ${moment(swap.deadline_at)}</span>`} ${askedBy(swap)}
        ${swap.previous.length > 0 && html`<span>replaces ${swap.previous.map(({ model }) => modelName(model, data.models)).join(', ')}</span>`}
      </p>
      ${dialogButton({
        id: 'cancel-swap',
        label: 'Cancel…',
        about: title,
        url: paths.cancelDialog(swap.swap_id),
        permit: permit('cancel', data.status),
        look: 'danger',
      })}
    </header>
    ${announcement(`${title}: ${swap.phase ?? 'starting'}`)}
    ${phaseList(swap, ({ name }) => {
      const ms = usualPhaseMs(swap.model, name, data.recent)
      return ms === null ? null : duration(ms)
    })}
    ${progressOf(phase?.detail ?? null, data)}
  </section>`
}

const askedBy = ({ holder, schedule, reason }: Swap): Html =>
  html`${holder !== null && html`<span>asked by ${holder}</span>`} ${schedule !== null && html`<span>schedule ${schedule}</span>`}
  ${reason !== null && html`<span>“${reason}”</span>`}`

function progressOf(detail: string | null, { progress }: PageData): Html {
  const stage = progress?.stage ?? detail
  const percent = progress?.percent ?? null
  const lines = progress?.last_lines ?? []
  return html`
    ${stage !== null && html`<label class="stage" for="swap-progress">${stage}${percent !== null && html` <b>${percent.toFixed(0)} %</b>`}</label>`}
    ${
      percent === null
        ? html`<progress id="swap-progress" aria-label="Progress"></progress>`
        : html`<progress id="swap-progress" max="100" value="${percent.toFixed(0)}" aria-label="Progress"></progress>`
    }
    ${lines.length > 0 && html`<div class="log" tabindex="0" role="group" aria-label="Last lines of the log"><pre>${lines.join('\n')}</pre></div>`}
  `
}

function ended(swap: Swap, { models }: PageData): Html {
  const title = swapTitle(swap.model, models)
  const outcome = swap.outcome ?? 'terminated'
  const time = took(swap.requested_at, swap.ended_at)
  return html`<section id="swap" class="panel last" aria-labelledby="swap-title" data-outcome="${outcome}">
    <header>
      <h2 id="swap-title">${title}</h2>
      ${outcomeBadge(outcome)}
      <p class="facts">
        <span>on ${hostList(swap.hosts)}</span>
        ${swap.ended_at !== null && html`<span>${moment(swap.ended_at)}</span>`} ${time !== null && html`<span>took ${time}</span>`}
      </p>
    </header>
    ${announcement(`${title}: ${outcomeMeaning(outcome)}`)} ${outcome !== 'completed' && html`<p>${outcomeMeaning(outcome)}</p>`}
    ${swap.cause !== null && causeText(swap.cause)}
  </section>`
}
