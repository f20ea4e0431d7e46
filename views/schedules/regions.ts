import type { Model } from '../../domain/model.ts'
import type { Conflict, ScheduleList } from '../../domain/scheduling/schedule.ts'
import type { Status } from '../../domain/status.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { unknown, type Known } from '../known.ts'
import { conflictCount, conflictLine } from '../next-up.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'
import { kinds, select, type ScheduleFilter } from './filter.ts'
import { scheduleList } from './list.ts'

/** All that the page of schedules shows, read at one moment. */
export interface SchedulesData {
  readonly status: Status
  readonly models: readonly Model[]
  readonly list: Known<ScheduleList>
  readonly filter: ScheduleFilter
}

export const scheduleRegions = (data: SchedulesData): Regions => ({
  problems: problemBanner(data.status),
  toolbar: toolbar(data.status),
  conflicts: conflicts(data.list),
  filter: filterForm(data.filter),
  schedules: data.list.known
    ? scheduleList(select(data.list.value.schedules, data.filter), data.list.value.schedules.length, data)
    : unknown('schedules', data.list.problem),
})

function toolbar(status: Status): Html {
  const verdict = permit('add_schedule', status)
  const button = (id: string, label: string, url: string, look: 'primary' | 'outline' = 'outline'): Html =>
    dialogButton({ id, label, about: '', url, permit: verdict, look, reasonId: 'add-refused' })
  return html`<section id="toolbar" aria-label="Add schedules">
    <p class="muted">
      External schedules are somebody's own cron jobs: shown and watched, never fired from here. Managed ones are actions that are fired from here.
    </p>
    <div class="toolbar">
      ${button('add-day-night', 'Day and night model…', paths.dayNightDialog, 'primary')}
      ${button('add-managed', 'Add managed…', paths.managedDialog)} ${button('add-external', 'Add external…', paths.externalDialog)}
      ${button('import', 'Import…', paths.importDialog)}
    </div>
    ${!verdict.allowed && html`<p class="reason" id="add-refused">Nothing can be added now: ${verdict.reason}</p>`}
  </section>`
}

/** The next one is said; the others are a click away, so that the list of schedules stays where it is. */
function conflicts(list: Known<ScheduleList>): Html {
  const found: readonly Conflict[] = list.known ? list.value.conflicts : []
  const [next, ...others] = found
  return html`<section id="conflicts" class="banner" data-tone="warn" aria-labelledby="conflicts-title" ${next === undefined ? html`hidden` : ''}>
    <h2 id="conflicts-title">${conflictCount(found.length)} within 7 days</h2>
    <ul class="conflicts">
      ${next !== undefined && conflictLine(next)}
    </ul>
    ${
      others.length > 0 &&
      html`<details id="conflicts-more">
        <summary>${others.length === 1 ? 'The other one' : `The other ${String(others.length)}`}</summary>
        <ul class="conflicts">
          ${others.map(conflictLine)}
        </ul>
      </details>`
    }
  </section>`
}

const kindWords: Record<ScheduleFilter['kind'], string> = { all: 'all', external: 'external', managed: 'managed', trouble: 'missed, late or failed' }

/** Left alone when the page is refreshed, as somebody may be typing in it. It is a plain form: its address can be kept and sent. */
const filterForm = ({ q, kind }: ScheduleFilter): Html => html`
  <section id="filter" aria-label="Filter" hx-morph-skip>
    <form method="get" action="${paths.schedules}" class="filter">
      <label>Filter <input type="search" name="q" value="${q}" placeholder="id, owner, host, command, model" maxlength="100" /></label>
      <label>
        Show
        <select name="kind">
          ${kinds.map((one) => html`<option value="${one}" ${one === kind ? html`selected` : ''}>${kindWords[one]}</option>`)}
        </select>
      </label>
      <button type="submit" class="secondary outline">Filter</button>
      ${(q !== '' || kind !== 'all') && html`<a href="${paths.schedules}">Show all</a>`}
    </form>
  </section>
`
