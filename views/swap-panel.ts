import { rfc3339 } from '../domain/names.ts'
import type { SwapProgress } from '../domain/swap-answer.ts'
import type { Swap } from '../domain/swap.ts'
import { permit } from './actions.ts'
import { dialogButton } from './button.ts'
import { causeText } from './cause.ts'
import { expectedEndMs, usualPhaseMs, usualSwapMs } from './expected.ts'
import { html, type Html } from './html.ts'
import { hostList, modelName, swapTitle } from './model-name.ts'
import { badge, outcomeBadge, outcomeMeaning } from './outcome.ts'
import type { PageData, RunningSwap } from './page-data.ts'
import { paths } from './paths.ts'
import { phaseList } from './phases.ts'
import { duration, elapsedSince, moment, took } from './time.ts'

/** The swaps that run; when none does, how the last one ended. */
export function swapPanel(data: PageData): Html {
  const last = data.recent[0]
  const nothing = data.running.length === 0 && last === undefined
  return html`<section id="swap" aria-label="Swap" ${nothing ? html`hidden` : ''}>
    <p class="visually-hidden" role="status" id="swap-announcement">${announcement(data)}</p>
    ${data.running.map((one) => running(one, data))} ${data.running.length === 0 && last !== undefined && ended(last, data)}
  </section>`
}

/** Spoken when it changes: a phase, or an end. Ticking times are not. */
const announcement = ({ running, recent: [last], models }: PageData): string =>
  running.length > 0
    ? running.map(({ swap }) => `${swapTitle(swap.model, models)}: ${swap.phase ?? 'starting'}`).join('. ')
    : last === undefined
      ? ''
      : `${swapTitle(last.model, models)}: ${outcomeMeaning(last.outcome ?? 'terminated')}`

function running({ swap, progress }: RunningSwap, data: PageData): Html {
  const id = swap.swap_id
  const title = swapTitle(swap.model, data.models)
  const usual = usualSwapMs(swap.model, data.recent)
  const endMs = expectedEndMs(swap, data.recent)
  const startedAt = swap.phases.find(({ started_at }) => started_at !== null)?.started_at ?? swap.requested_at
  return html`<article id="running-${id}" class="panel" aria-labelledby="running-${id}-title">
    <header>
      <h2 id="running-${id}-title">${title}</h2>
      ${badge('busy', swap.phase ?? 'starting')}
      <p class="facts">
        <span>on ${hostList(swap.hosts)}</span>
        <span>${elapsedSince(startedAt)}${usual !== null && html`, usually ${duration(usual)}`}</span>
        ${endMs !== null && html`<span>should end about ${moment(rfc3339(endMs))}</span>`}
        ${usual === null && swap.deadline_at !== null && html`<span>at the latest ${moment(swap.deadline_at)}</span>`} ${askedBy(swap)}
        ${swap.previous.length > 0 && html`<span>replaces ${swap.previous.map(({ model }) => modelName(model, data.models)).join(', ')}</span>`}
      </p>
      ${dialogButton({
        id: `cancel-${id}`,
        label: 'Cancel…',
        about: title,
        url: paths.cancelDialog(id),
        permit: permit('cancel', data.status),
        look: 'danger',
      })}
    </header>
    ${phaseList(swap, ({ name }) => {
      const ms = usualPhaseMs(swap.model, name, data.recent)
      return ms === null ? null : duration(ms)
    })}
    ${progressOf(swap, progress)}
    <p class="further"><a href="${paths.swapsPage({ id })}">Its page and log</a></p>
  </article>`
}

const askedBy = ({ holder, schedule, reason }: Swap): Html =>
  html`${holder !== null && html`<span>asked by ${holder}</span>`} ${schedule !== null && html`<span>schedule ${schedule}</span>`}
  ${reason !== null && html`<span>“${reason}”</span>`}`

function progressOf(swap: Swap, progress: SwapProgress | null): Html {
  const id = `running-${swap.swap_id}-progress`
  const stage = progress?.stage ?? swap.phases.find(({ state }) => state === 'running')?.detail ?? null
  const percent = progress?.percent ?? null
  const lines = progress?.last_lines ?? []
  return html`
    ${stage !== null && html`<label class="stage" for="${id}">${stage}${percent !== null && html` <b>${percent.toFixed(0)} %</b>`}</label>`}
    ${
      percent === null
        ? html`<progress id="${id}" aria-label="Progress"></progress>`
        : html`<progress id="${id}" max="100" value="${percent.toFixed(0)}" aria-label="Progress"></progress>`
    }
    ${lines.length > 0 && html`<div class="log" tabindex="0" role="group" aria-label="Last lines of the log"><pre>${lines.join('\n')}</pre></div>`}
  `
}

function ended(swap: Swap, { models }: PageData): Html {
  const title = swapTitle(swap.model, models)
  const outcome = swap.outcome ?? 'terminated'
  const time = took(swap.requested_at, swap.ended_at)
  return html`<article id="last-swap" class="panel last" aria-labelledby="last-swap-title" data-outcome="${outcome}">
    <header>
      <h2 id="last-swap-title">${title}</h2>
      ${outcomeBadge(outcome)}
      <p class="facts">
        <span>on ${hostList(swap.hosts)}</span>
        ${swap.ended_at !== null && html`<span>${moment(swap.ended_at)}</span>`} ${time !== null && html`<span>took ${time}</span>`}
        <span><a href="${paths.swapsPage({ id: swap.swap_id })}">its page and log</a></span>
      </p>
    </header>
    ${outcome !== 'completed' && html`<p>${outcomeMeaning(outcome)}</p>`} ${swap.cause !== null && causeText(swap.cause)}
  </article>`
}
