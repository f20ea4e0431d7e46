import type { Status } from '../../domain/status.ts'
import { permit } from '../actions.ts'
import { html, type Html } from '../html.ts'
import { paths } from '../paths.ts'
import { shownValue, sourceWords, unitOf, writtenValue, type Setting } from '../settings/value.ts'
import { selectField, textField } from './fields.ts'
import { deed, dialogForm, dialogFrame } from './frame.ts'

/** One setting: what it is for, whose word its value is, and a field for another. */
export function settingDialog(setting: Setting, status: Status): Html {
  const { name, about, source, value } = setting
  const verdict = permit('change_setting', status, [], { setting })
  const fields = html`<input type="hidden" name="name" value="${name}" />`
  return dialogFrame(
    `Setting ${name}`,
    html`
      <p>${about}.</p>
      <p class="facts">
        <span>${sourceWords[source]}: ${value === null ? 'not shown' : shownValue(setting, value)}</span>
        <span>by default ${shownValue(setting, setting.default)}</span>
      </p>
      ${dialogForm(
        { action: paths.changeSetting, submit: 'Save', disabled: !verdict.allowed, focus: false },
        html`${fields} ${input(setting)} ${!verdict.allowed && html`<p class="reason">${verdict.reason}</p>`}`,
      )}
      ${deed({
        id: 'reset-setting',
        action: paths.resetSetting,
        label: 'Reset',
        text: `It is taken out of cluster.yaml, so that it is ${shownValue(setting, setting.default)} again.`,
        permit: source === 'file' ? verdict : verdict.allowed ? { allowed: false, reason: 'It is as by default.' } : verdict,
        fields,
      })}
    `,
  )
}

function input(setting: Setting): Html {
  const unit = unitOf(setting.name)
  if (typeof setting.default === 'boolean') {
    const choices = [
      { value: 'true', label: 'yes' },
      { value: 'false', label: 'no' },
    ]
    return selectField('value', 'Value', choices, String(setting.value))
  }
  return textField({
    name: 'value',
    label: unit === null ? 'Value' : `Value, in ${unit}`,
    value: writtenValue(setting.value),
    hint: Array.isArray(setting.default) ? 'Several with commas between; blank is the default.' : 'Blank is the default.',
    placeholder: writtenValue(setting.default),
    maxlength: 2000,
    focus: true,
  })
}
