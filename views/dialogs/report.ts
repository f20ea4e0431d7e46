import type { Model } from '../../domain/model.ts'
import type { HostName } from '../../domain/names.ts'
import type { PlanReport } from '../../domain/swap.ts'
import { asCurl } from '../as-curl.ts'
import { html, type Html } from '../html.ts'
import { hostList, modelName } from '../model-name.ts'
import { paths } from '../paths.ts'
import { dialogFrame, hostFields } from './frame.ts'

/** A dry run: the question first, and the report in its place when the hosts have been looked at. */
export const dryRunDialog = (model: Model, hosts: readonly HostName[], choices: readonly (readonly HostName[])[]): Html =>
  dialogFrame(
    `Dry run: ${model.name}`,
    html`
      ${
        choices.length > 1 &&
        html`<p class="choices">
          ${choices.map((choice) => {
            const current = choice.join() === hosts.join()
            return html`<button
              type="button"
              class="secondary outline"
              hx-get="${paths.dryRunDialog(model.key, choice)}"
              hx-target="#dialog-body"
              aria-pressed="${current ? 'true' : 'false'}"
            >
              ${hostList(choice)}
            </button>`
          })}
        </p>`
      }
      <form hx-post="${paths.dryRun}" hx-trigger="load" hx-target="find .report" hx-swap="innerHTML">
        <input type="hidden" name="model" value="${model.key}" />
        ${hostFields(hosts)} ${asCurl(paths.dryRun)}
        <div class="report"><p role="status" aria-busy="true">Looking at ${hostList(hosts)}. Nothing is changed.</p></div>
      </form>
    `,
  )

/** What a swap would check and run, in order. */
export const planReport = (report: PlanReport, models: readonly Model[]): Html => html`
  <p role="status" class="verdict" data-tone="${report.ok ? 'ok' : 'bad'}">
    ${report.ok ? html`All ${report.checks.length} checks passed.` : html`${report.checks.filter(({ ok }) => !ok).length} of ${report.checks.length} checks failed.`}
    Nothing was changed.
  </p>
  ${report.previous.map(
    ({ model, hosts, restorable }) =>
      html`<p class="note">
        Replaces <strong>${modelName(model, models)}</strong> on ${hostList(hosts)}.
        ${restorable ? 'It is put back if the swap fails.' : 'It cannot be put back if the swap fails, as it was started by someone else.'}
      </p>`,
  )}
  <h3>Checks</h3>
  <ul class="checks">
    ${report.checks.map(
      ({ host, check, ok, detail, cause }) =>
        html`<li data-tone="${ok ? 'ok' : 'bad'}">
          <span class="visually-hidden">${ok ? 'passed' : 'failed'}</span>
          <span
            ><strong>${check}</strong> ${host !== null && html`<span class="muted">${host}</span>`} ${detail}
            ${cause !== null && html`<span class="advice">${cause.advice}</span>`}</span
          >
        </li>`,
    )}
  </ul>
  <h3>Commands that a swap would run</h3>
  ${report.plan.length === 0 && html`<p>None.</p>`}
  <ol class="plan">
    ${report.plan.map(
      ({ phase, host, command }) =>
        html`<li>
          <span class="muted">${phase} on ${host}</span>
          <pre tabindex="0" aria-label="Command of ${phase} on ${host}">${command}</pre>
        </li>`,
    )}
  </ol>
  <footer>
    <button type="button" class="secondary outline" data-close>Close</button>
    ${report.model !== null && html`<button type="button" hx-get="${paths.swapDialog(report.model)}" hx-target="#dialog-body">Swap…</button>`}
  </footer>
`
