import type { ServiceStatus } from '../../../domain/services/service-status.ts'
import type { ServiceRestart } from '../../../domain/services/restart.ts'
import type { Status } from '../../../domain/status.ts'
import { permit } from '../../actions.ts'
import { html, type Html } from '../../html.ts'
import { badge } from '../../outcome.ts'
import { paths } from '../../paths.ts'
import { elapsedSince, took } from '../../time.ts'
import { dialogForm, dialogFrame } from '../frame.ts'

/** Asks before a service's container is restarted. */
export function restartDialog(service: ServiceStatus, status: Status, attempt: string): Html {
  const verdict = permit('restart_service', status, service.host === null ? [] : [service.host], { service })
  return dialogFrame(
    `Restart ${service.name}`,
    dialogForm(
      { action: paths.restartService, submit: 'Restart', look: 'danger', leadsOn: true, disabled: !verdict.allowed, attempt },
      html`
        <input type="hidden" name="name" value="${service.name}" />
        <p>
          Its container${service.host !== null && html` on <strong>${service.host}</strong>`} is stopped and started again; its clients lose their
          connections. It goes through the same gate as a swap: a lock or a swap on that host refuses it.
        </p>
        ${!verdict.allowed && html`<p class="reason">${verdict.reason}</p>`}
      `,
    ),
  )
}

/** A restart that was begun. */
export const restartBegun = (restart: ServiceRestart): Html =>
  dialogFrame(
    `Restart of ${restart.service}`,
    html`${restartProgress(restart)}
      <footer><button type="button" class="secondary outline" data-close autofocus>Close</button></footer>`,
  )

const states = { running: { tone: 'busy', word: 'under way' }, ok: { tone: 'ok', word: 'done' }, failed: { tone: 'bad', word: 'failed' } } as const

/** How it goes. While it is under way, it asks again by itself. */
export const restartProgress = (restart: ServiceRestart): Html => {
  const { restart_id: id, state, container, host, detail, started_at: startedAt, ended_at: endedAt } = restart
  const asksAgain = html`hx-get="${paths.restartState(id)}" hx-trigger="every 1s" hx-swap="outerHTML"`
  return html`<div class="progress-of" role="status" ${state === 'running' ? asksAgain : ''}>
    <p>
      ${badge(states[state].tone, states[state].word)} container <code>${container}</code> on ${host},
      ${endedAt === null ? elapsedSince(startedAt) : `took ${took(startedAt, endedAt) ?? ''}`}
    </p>
    ${detail !== null && html`<p>${detail}</p>`}
  </div>`
}
