import type { Phase, Swap } from '../domain/swap.ts'
import { html, type Html } from './html.ts'
import { elapsedSince, took } from './time.ts'

const said: Record<Phase['state'], string> = { pending: 'not yet', running: 'running', done: 'done', failed: 'failed', skipped: 'skipped' }

/** The phases of a swap in order, each with its state and how long it took. A restore is shown only where there was one. */
export function phaseList(swap: Swap, usual: (phase: Phase) => string | null = () => null): Html {
  const shown = swap.phases.filter(({ name, state }) => name !== 'restore' || (state !== 'pending' && state !== 'skipped'))
  return html`<ol class="phases">
    ${shown.map(
      (phase) =>
        html`<li data-state="${phase.state}" ${phase.state === 'running' ? html`aria-current="step"` : ''}>
          <span class="phase-name">${phase.name}</span>
          <span class="visually-hidden">${said[phase.state]}</span>
          <span class="phase-time">${timeOf(phase, usual(phase))}</span>
        </li>`,
    )}
  </ol>`
}

const timeOf = (phase: Phase, usual: string | null): Html => {
  if (phase.state === 'running' && phase.started_at !== null)
    return html`${elapsedSince(phase.started_at)}${usual !== null && html` of about ${usual}`}`
  if (phase.state === 'pending' && usual !== null) return html`about ${usual}`
  return html`${took(phase.started_at, phase.ended_at) ?? (phase.state === 'skipped' ? 'skipped' : '')}`
}
