import type { ImportReport } from '../../../domain/scheduling/schedule.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { textField, timezoneField } from '../fields.ts'
import { dialogForm, dialogFrame } from '../frame.ts'

/** Takes over a whole crontab, or the jobs of OpenClaw: first a look at what would come, then the registration. */
export const importDialog = (): Html =>
  dialogFrame(
    'Import schedules',
    dialogForm(
      { action: paths.importSchedules, submit: 'Look first', focus: false },
      html`
        <label>
          A crontab, or the jobs list of OpenClaw
          <textarea
            name="list"
            rows="8"
            required
            autofocus
            maxlength="30000"
            spellcheck="false"
            placeholder="0 6 * * *  /home/anna/bin/summaries.sh&#10;*/15 * * * *  /home/anna/bin/poll.sh"
          ></textarea>
          <small>The output of <code>crontab -l</code>, or the file <code>~/.openclaw/cron/jobs.json</code>.</small>
        </label>
        <div class="two">
          ${textField({ name: 'owner', label: 'Whose it is', required: true, maxlength: 120 })}
          ${textField({ name: 'host', label: 'Machine whose cron it is in', required: true, maxlength: 120 })}
        </div>
        ${timezoneField()}
      `,
    ),
  )

/** What an import would register, and what it would leave out and why. `looked` names what was looked at, so that just that is registered. */
export const importReport = ({ imported, skipped }: ImportReport, looked: string): Html => html`
  <div role="status">
    <h3>${imported.length === 0 ? 'Nothing would be registered' : `${String(imported.length)} would be registered`}</h3>
    <ul class="found">
      ${imported.map(
        ({ id, cron, every, at, command }) =>
          html`<li>
            <strong>${id}</strong> <code>${cron ?? every ?? at ?? ''}</code> ${command !== undefined && html`<code class="muted">${command}</code>`}
          </li>`,
      )}
    </ul>
    ${skippedList(skipped)}
    ${
      imported.length > 0 &&
      html`<input type="hidden" name="looked" value="${looked}" />
        <p><button type="submit" name="register" value="1">Register ${imported.length === 1 ? 'it' : `these ${String(imported.length)}`}</button></p>`
    }
  </div>
`

/** What was registered. */
export const importDone = ({ imported, skipped }: ImportReport): Html => html`
  <div role="status">
    <p class="banner" data-tone="ok">${imported.length === 1 ? '1 schedule is' : `${String(imported.length)} schedules are`} registered.</p>
    ${skippedList(skipped)}
  </div>
`

const skippedList = (skipped: ImportReport['skipped']): Html =>
  html`${
    skipped.length > 0 &&
    html`<h3>Left out</h3>
      <ul class="found">
        ${skipped.map(
          ({ line, text, reason }) =>
            html`<li>
              ${line !== null && html`<span class="muted">line ${line}</span>`} <code>${text}</code> <span class="advice">${reason}</span>
            </li>`,
        )}
      </ul>`
  }`
