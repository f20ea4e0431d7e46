import type { Model } from '../../../domain/model.ts'
import type { HostName } from '../../../domain/names.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { hostChoices, modelChoices, selectField, textField, timezoneField } from '../fields.ts'
import { dialogForm, dialogFrame } from '../frame.ts'
import { refusedChoices } from './managed.ts'

/** One model for the night and one for the day: two managed schedules by one form. */
export const dayNightDialog = (models: readonly Model[], hosts: readonly HostName[]): Html =>
  dialogFrame(
    'Day and night model',
    dialogForm(
      { action: paths.addDayNight, submit: 'Plan both', focus: false },
      html`
        <p>Every day the hosts swap to one model in the evening and to the other in the morning.</p>
        <div class="two">
          ${selectField('night_model', 'Night model', modelChoices(models), models[0]?.key)}
          ${textField({ name: 'night_time', label: 'from', value: '22:00', type: 'time', required: true })}
          ${selectField('day_model', 'Day model', modelChoices(models), models[1]?.key ?? models[0]?.key)}
          ${textField({ name: 'day_time', label: 'from', value: '07:00', type: 'time', required: true })}
        </div>
        ${timezoneField()} ${hostChoices(hosts, [], '(none: where each model goes)')}
        <details>
          <summary>Options</summary>
          ${textField({ name: 'name', label: 'Name', value: 'models', required: true, maxlength: 58, hint: 'The two schedules are called after it: models-night and models-day.' })}
          ${selectField('when_refused', 'If the hosts are reserved or busy', refusedChoices, 'wait')}
        </details>
      `,
    ),
  )
