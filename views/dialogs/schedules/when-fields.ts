import type { ScheduleBody } from '../../../domain/scheduling/schedule.ts'
import { html, type Html } from '../../html.ts'
import { selectField, textField, timezoneField } from '../fields.ts'

type When = Partial<Pick<ScheduleBody, 'cron' | 'every' | 'at' | 'timezone'>>

const rhythms = [
  { value: 'cron', label: 'by a cron line' },
  { value: 'every', label: 'every so often' },
  { value: 'at', label: 'once' },
] as const

/** When a schedule is due: one of three ways, each with its own field. */
export const whenFields = ({ cron, every, at, timezone }: When): Html => html`
  <fieldset class="choice when">
    <legend>When</legend>
    ${selectField('rhythm', 'Due', rhythms, at === undefined ? (every === undefined ? 'cron' : 'every') : 'at')}
    ${textField({ name: 'cron', label: 'Cron', value: cron, only: 'cron', placeholder: '0 22 * * *', maxlength: 200, hint: 'Minute, hour, day of month, month, day of week; or @daily and the like.' })}
    ${textField({ name: 'every', label: 'Every', value: every, only: 'every', placeholder: '6h', maxlength: 8, hint: 'A number and s, m, h or d.' })}
    ${textField({ name: 'at', label: at?.endsWith('Z') === true ? 'At (UTC)' : 'At', value: at, only: 'at', type: at === undefined ? 'datetime-local' : 'text', hint: 'In the time zone below.' })}
    ${timezoneField(timezone)}
  </fieldset>
`
