import type { AuditEvent, EventPage } from '../../domain/events.ts'
import type { Status } from '../../domain/status.ts'
import { apiRequests } from '../api-requests.ts'
import { curlDetails } from '../as-curl.ts'
import { html, type Html } from '../html.ts'
import { unknown, type Known } from '../known.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'
import { eventRow } from './event-row.ts'
import { eventGroups, eventWords, typesOf } from './event-words.ts'

/** All that the page of the audit trail shows, read at one moment. */
export interface AuditData {
  readonly status: Status
  readonly page: Known<EventPage>
  /** A group of types, or one; blank: all. */
  readonly type: string
  /** Where it begins, and goes on to what is newer; null: the newest first. */
  readonly since: string | null
  readonly origin: string
}

export const auditRegions = (data: AuditData): Regions => ({
  problems: problemBanner(data.status),
  filter: filterForm(data),
  events: data.page.known ? eventList(data.page.value, data) : unknown('events', data.page.problem),
})

/** Left alone when the page is refreshed, as somebody may be choosing. Its time is the reader's own: app.js says which zone that is. */
function filterForm({ type, since, origin }: AuditData): Html {
  const moment = since !== null && /^\d{4}-/.test(since) ? since : null
  return html`
    <section id="filter" aria-label="Filter" hx-morph-skip>
      <form method="get" action="${paths.audit}" class="filter">
        <label>
          Show
          <select name="type">
            <option value="">all events</option>
            ${eventGroups.map(
              ({ name, label, types }) =>
                html`<optgroup label="${label}">
                  ${types.length > 1 && html`<option value="${name}" ${type === name ? html`selected` : ''}>${label}: all</option>`}
                  ${types.map((one) => html`<option value="${one}" ${type === one ? html`selected` : ''}>${eventWords(one).label}</option>`)}
                </optgroup>`,
            )}
          </select>
        </label>
        <label>
          <span>From <span data-zone-name>(UTC)</span></span>
          <input type="datetime-local" name="since" ${moment === null ? '' : html`value="${moment.slice(0, 16)}" data-utc="${moment}"`} />
        </label>
        <input type="hidden" name="zone" value="" data-local-zone />
        <button type="submit" class="secondary outline">Show</button>
        ${(type !== '' || since !== null) && html`<a href="${paths.audit}">Newest of all</a>`}
      </form>
      ${curlDetails([apiRequests.events(typesOf(type), since), apiRequests.followEvents(typesOf(type))], origin)}
    </section>
  `
}

function eventList({ events, next }: EventPage, data: AuditData): Html {
  const forward = data.since !== null
  return html`<section id="events" aria-labelledby="events-title">
    <h2 id="events-title">${forward ? 'From then on, the oldest first' : 'The newest first'}</h2>
    ${events.length === 0 && html`<p class="muted">${forward ? 'Nothing happened since.' : 'Nothing of this kind has happened yet.'}</p>`}
    <ol class="rows events">
      ${events.map(eventRow)}
    </ol>
    ${forward ? onwards(events.length === 0 ? null : next, data) : back(events.at(-1), data)}
  </section>`
}

const linkTo = ({ type }: AuditData, since: string): string => paths.auditPage({ type, since })

const onwards = (next: string | null, data: AuditData): Html =>
  html`<nav class="pager" aria-label="Further events">
    <a href="${paths.auditPage({ type: data.type })}">Newest</a> ${next !== null && html`<a href="${linkTo(data, next)}" rel="next">Newer</a>`}
  </nav>`

/** The trail is read onwards from a moment, so older events are reached by going back to one. */
function back(oldest: AuditEvent | undefined, data: AuditData): Html {
  if (oldest === undefined) return html``
  const before = (hours: number): string => linkTo(data, new Date(Date.parse(oldest.timestamp) - hours * 3_600_000).toISOString())
  return html`<nav class="pager" aria-label="Older events">
    <span class="muted">Older, beginning</span> <a href="${before(1)}">an hour</a> <a href="${before(24)}">a day</a>
    <a href="${before(168)}">a week</a>
    <span class="muted">before these</span>
  </nav>`
}
