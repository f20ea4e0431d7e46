import type { ScheduleRun, ScheduleView } from '../../domain/scheduling/schedule.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'
import { moment, planned, took } from '../time.ts'
import { runBadge, viaWords } from './schedule-state.ts'

/** The last run in a few words. */
export const lastRun = ({ last_run: run }: ScheduleView): Html =>
  run === null ? html`never ran yet` : html`last ${planned(run.due_at ?? run.started_at)} ${runBadge(run)} ${swapLink(run)}`

/** The log of the swap that a run made. */
const swapLink = ({ swap_id: id }: ScheduleRun): Html => html`${id !== null && html`<a href="${paths.swapsPage({ id })}">swap ${id}</a>`}`

/** What became of each run, the newest first. */
export const runHistory = (runs: readonly ScheduleRun[]): Html => html`
  ${runs.length === 0 && html`<p class="muted">Nothing yet.</p>`}
  <ol class="runs">
    ${runs.map((run) => {
      const time = took(run.started_at, run.ended_at)
      return html`<li>
        ${runBadge(run)} ${run.due_at === null ? html`at no planned time, ${moment(run.started_at)}` : html`due ${planned(run.due_at)}`}
        <p class="facts">
          <span>${viaWords(run)}</span>
          ${time !== null && html`<span>took ${time}</span>`} ${run.swap_id !== null && html`<span>${swapLink(run)}</span>`}
          ${run.detail !== null && html`<span>${run.detail}</span>`}
        </p>
      </li>`
    })}
  </ol>
`
