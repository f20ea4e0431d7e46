import type { Model } from '../../../domain/model.ts'
import type { HostName } from '../../../domain/names.ts'
import type { ExternalBody } from '../../../domain/scheduling/schedule.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { hostChoices, modelChoices, numberField, selectField, textField } from '../fields.ts'
import { dialogForm, dialogFrame } from '../frame.ts'
import { whenFields } from './when-fields.ts'

export interface ExternalDialog {
  /** What is known already: of a schedule that is registered, or read from a line. */
  readonly values: Partial<ExternalBody>
  readonly models: readonly Model[]
  readonly hosts: readonly HostName[]
}

/** Registers somebody's cron: by a line of their crontab, which fills in the fields, or by the fields alone. */
export const externalDialog = (dialog: ExternalDialog): Html =>
  dialogFrame(
    dialog.values.id === undefined ? 'Add an external schedule' : `External schedule ${dialog.values.id}`,
    html` ${dialog.values.id === undefined && lineForm} ${externalFields(dialog)} `,
  )

/** What it answers takes the place of the fields below; a refusal stands beside its button. The fields are sent along, and may still be empty then. */
const lineForm = html`
  <form
    class="line"
    hx-post="${paths.readCrontabLine}"
    hx-include="#external-fields"
    hx-validate="false"
    hx-target="#external-fields"
    hx-swap="outerHTML"
    hx-status:4xx="target:#line-answer, swap:innerHTML"
    hx-status:5xx="target:#line-answer, swap:innerHTML"
    hx-disable="find button"
  >
    <label for="crontab-line">A line of a crontab</label>
    <div class="with-button">
      <input
        id="crontab-line"
        name="line"
        required
        maxlength="1000"
        placeholder="0 6 * * * /home/anna/bin/summaries.sh"
        autocomplete="off"
        autofocus
      />
      <button type="submit" class="secondary outline">Fill in</button>
    </div>
    <div id="line-answer" aria-live="assertive"></div>
  </form>
`

/** The form itself, alone: it is put in place again when a line was read. */
export const externalFields = ({ values, models, hosts }: ExternalDialog, note?: string): Html =>
  dialogForm(
    { id: 'external-fields', action: paths.addExternal, submit: 'Register', focus: false },
    html`
      ${note !== undefined && html`<p class="note" role="status">${note}</p>`}
      <div class="two">
        ${textField({ name: 'id', label: 'Id', value: values.id, required: true, maxlength: 64, placeholder: 'nightly-summaries', hint: 'The job sends it as X-Spark-Schedule. The same id again changes the schedule.' })}
        ${selectField('model', 'Model that it swaps to', modelChoices(models, 'none'), values.model)}
        ${textField({ name: 'owner', label: 'Whose it is', value: values.owner, required: true, maxlength: 120 })}
        ${textField({ name: 'host', label: 'Machine whose cron it is in', value: values.host, required: true, maxlength: 120 })}
      </div>
      ${whenFields(values)} ${textField({ name: 'command', label: 'Command', value: values.command, maxlength: 500 })}
      <details>
        <summary>Options</summary>
        ${textField({ name: 'description', label: 'What it is for', value: values.description, maxlength: 300 })}
        <div class="two">
          ${numberField('grace_s', 'How late it may come, in seconds', values.grace_s ?? 300, 10, 86_400)}
          ${numberField('expected_s', 'How long it needs the GPUs, in seconds', values.expected_s, 1, 604_800)}
        </div>
        ${hostChoices(hosts, values.hosts ?? [], '(none: where the model goes)')}
      </details>
    `,
  )
