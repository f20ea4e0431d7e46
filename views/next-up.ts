import { mostConflicts } from '../domain/scheduling/conflicts.ts'
import type { Conflict, ScheduleView } from '../domain/scheduling/schedule.ts'
import { html, type Html } from './html.ts'
import type { PageData } from './page-data.ts'
import { paths } from './paths.ts'
import { doesWords, inTrouble, stateBadge } from './schedules/schedule-state.ts'
import { planned } from './time.ts'

const shownRuns = 6
const shownConflicts = 3

/** What comes next, what did not come, and what will collide: a glance; the page of schedules has the rest. */
export function nextUp({ schedules, models }: PageData): Html {
  const all = schedules?.schedules ?? []
  const conflicts = schedules?.conflicts ?? []
  const troubled = all.filter(inTrouble)
  const coming = all
    .filter((schedule) => schedule.next_run_at !== null && !schedule.paused)
    .toSorted((a, b) => (a.next_run_at ?? '').localeCompare(b.next_run_at ?? ''))
    .slice(0, shownRuns)
  return html`<section id="next" class="panel" aria-labelledby="next-title" ${all.length === 0 ? html`hidden` : ''}>
    <header>
      <h2 id="next-title">Next up</h2>
      <a href="${paths.schedules}">All ${all.length === 1 ? 'schedules' : `${String(all.length)} schedules`}</a>
    </header>
    ${
      troubled.length > 0 &&
      html`<ul class="troubled">
        ${troubled.slice(0, shownRuns).map(troubledLine)}${more(troubled.length)}
      </ul>`
    }
    ${coming.length === 0 && html`<p class="muted">Nothing is planned.</p>`}
    <ol class="coming">
      ${coming.map((schedule) => comingLine(schedule, doesWords(schedule, models)))}
    </ol>
    ${
      conflicts.length > 0 &&
      html`<h3>Will collide within 7 days</h3>
        <ul class="conflicts">
          ${conflicts.slice(0, shownConflicts).map(conflictLine)}
        </ul>`
    }
  </section>`
}

const scheduleLink = (id: string): Html => html`<a href="${paths.schedulesPage({ q: id })}">${id}</a>`

const troubledLine = (schedule: ScheduleView): Html =>
  html`<li>
    ${stateBadge(schedule)} ${scheduleLink(schedule.id)}
    ${schedule.last_run?.due_at != null && html`<span class="muted">was due ${planned(schedule.last_run.due_at)}</span>`}
  </li>`

const more = (count: number): Html => html`${count > shownRuns && html`<li class="muted">and ${count - shownRuns} more</li>`}`

const comingLine = (schedule: ScheduleView, does: string): Html =>
  html`<li>
    <span class="when">${schedule.next_run_at !== null && planned(schedule.next_run_at)}</span>
    <span>${scheduleLink(schedule.id)}</span>
    <span class="muted">${schedule.kind === 'external' ? schedule.owner : 'fired here'}</span>
    <span>${does}</span>
  </li>`

/** One collision to come: when, and in words who with whom, where and why. Times in those words are told in the reader's zone, too. */
export const conflictLine = ({ at, words }: Conflict): Html =>
  html`<li><strong>${planned(at)}</strong> ${words.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, i) => (i % 2 === 1 ? planned(part) : part))}</li>`

/** `One collision`, `3 collisions`; more than are looked for are said to be more. */
export const conflictCount = (count: number): string =>
  count === 1 ? 'One collision' : count >= mostConflicts ? `${String(mostConflicts)} collisions or more` : `${String(count)} collisions`
