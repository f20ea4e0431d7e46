import type { ScheduleView } from '../../domain/scheduling/schedule.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'
import { planned } from '../time.ts'
import type { Selection } from './filter.ts'
import type { SchedulesData } from './regions.ts'
import { lastRun } from './runs.ts'
import { doesWords, stateBadge, whose } from './schedule-state.ts'

/** The schedules that fit the filter, what needs a person first. `total` is how many there are at all. */
export function scheduleList(selection: Selection, total: number, data: SchedulesData): Html {
  const { shown, fitting } = selection
  return html`<section id="schedules" aria-labelledby="schedules-title">
    <h2 id="schedules-title">${fitting === total ? count(total) : `${String(fitting)} of ${count(total)}`}</h2>
    ${total === 0 && html`<p class="muted">No schedule is registered yet.</p>`}
    ${total > 0 && fitting === 0 && html`<p>No schedule fits the filter.</p>`}
    <ul class="rows">
      ${shown.map((schedule) => row(schedule, data))}
    </ul>
    ${pager(selection, data)}
  </section>`
}

const count = (n: number): string => (n === 1 ? '1 schedule' : `${n.toLocaleString('en')} schedules`)

function row(schedule: ScheduleView, { models }: SchedulesData): Html {
  const does = doesWords(schedule, models)
  return html`<li class="row schedule" id="schedule-${schedule.id}">
    <div class="what">
      <p class="title">${stateBadge(schedule)} <strong>${schedule.id}</strong> <span class="muted">${schedule.kind}</span></p>
      <p>${schedule.words}</p>
      <p class="facts">
        <span>${schedule.next_run_at === null ? 'no next run' : html`next ${planned(schedule.next_run_at)}`}</span>
        <span>${lastRun(schedule)}</span>
        <span>${whose(schedule)}</span>
        ${does !== '' && html`<span>${does}</span>`} ${!schedule.in_temporal && html`<span>not in Temporal's own list yet</span>`}
      </p>
      ${schedule.kind === 'external' && schedule.command !== undefined && html`<p class="command"><code>${schedule.command}</code></p>`}
    </div>
    ${dialogButton({
      id: `open-${schedule.id}`,
      label: 'Details…',
      about: `of ${schedule.id}`,
      url: paths.scheduleDialog(schedule.id),
      permit: { allowed: true },
      look: 'outline',
    })}
  </li>`
}

function pager({ page, pages }: Selection, { filter }: SchedulesData): Html {
  if (pages === 1) return html``
  const at = (to: number): string => paths.schedulesPage({ q: filter.q, kind: filter.kind, page: to })
  return html`<nav class="pager" aria-label="Pages of schedules">
    ${page > 1 ? html`<a href="${at(page - 1)}" rel="prev">Previous</a>` : html`<span class="muted">Previous</span>`}
    <span>Page ${page} of ${pages}</span>
    ${page < pages ? html`<a href="${at(page + 1)}" rel="next">Next</a>` : html`<span class="muted">Next</span>`}
  </nav>`
}
