import { eventTypes, type AuditEvent } from '../../domain/events.ts'
import { html, type Html } from '../html.ts'
import { hostList } from '../model-name.ts'
import { badge } from '../outcome.ts'
import { paths } from '../paths.ts'
import { moment } from '../time.ts'
import { eventWords } from './event-words.ts'

/** One line of the trail: when, what, who, to what, why, and how it came out. */
export function eventRow(event: AuditEvent): Html {
  const { tone, label } = eventWords(event.type)
  const { actor, reason, result } = event
  return html`<li class="row event" id="event-${event.seq}">
    <div class="what">
      <p class="title"><span title="${eventTypes[event.type].about}">${badge(tone, label)}</span> ${moment(event.timestamp)}</p>
      <p class="facts">
        <span>${actor === null ? 'by itself' : html`<strong>${actor.name}</strong>${actor.address !== null && html` from ${actor.address}`}`}</span>
        ${event.hosts.length > 0 && html`<span>on ${hostList(event.hosts)}</span>`}
        ${event.swap_id !== null && html`<span><a href="${paths.swapsPage({ id: event.swap_id })}">swap ${event.swap_id}</a></span>`}
        ${event.schedule !== null && html`<span>schedule <a href="${paths.schedulesPage({ q: event.schedule })}">${event.schedule}</a></span>`}
        ${event.fence !== null && html`<span>fence ${event.fence}</span>`} ${result !== null && html`<span>result: ${result}</span>`}
        ${reason !== null && html`<span>“${reason}”</span>`}
      </p>
    </div>
    ${details(event)}
  </li>`
}

function details({ seq, before, after, data }: AuditEvent): Html {
  const parts = Object.entries({ before, after, data }).filter(([, value]) => value !== null && value !== undefined)
  return html`${
    parts.length > 0 &&
    html`<details id="event-${seq}-more">
      <summary>Details</summary>
      ${parts.map(
        ([name, value]) =>
          html`<p class="muted">${name}</p>
            <pre tabindex="0" aria-label="${name}">${JSON.stringify(value, null, 2)}</pre>`,
      )}
    </details>`
  }`
}
