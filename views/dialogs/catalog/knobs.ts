import type { CatalogModel } from '../../../domain/catalog-model.ts'
import type { Status } from '../../../domain/status.ts'
import { permit } from '../../actions.ts'
import { knobFields } from '../../catalog/knob-fields.ts'
import { html, type Html } from '../../html.ts'
import { paths } from '../../paths.ts'
import { deed, dialogForm, dialogFrame } from '../frame.ts'
import { previewBox } from './preview.ts'

/** The vLLM settings of a model, what of them differs from what ships, and what would be run. */
export const knobsDialog = (model: CatalogModel, status: Status): Html =>
  dialogFrame(
    `Knobs of ${model.name}`,
    html`
      <p class="muted">
        They become flags of <code>vllm serve</code>. ${model.origin === 'own' ? 'Blank: not set.' : 'Blank: as it ships.'} A model that runs keeps
        what it was started with.
      </p>
      ${dialogForm(
        { action: paths.editKnobs, submit: 'Save', focus: false, disabled: !permit('edit_model', status).allowed, leadsOn: true },
        html`<input type="hidden" name="key" value="${model.key}" /> ${knobFields(model)} ${previewBox(paths.previewKnobs)}`,
      )}
      ${deed({
        id: 'reset-knobs',
        action: paths.resetKnobs,
        label: 'Reset all',
        text: model.origin === 'own' ? 'None is set any more.' : 'All of them are as they ship.',
        permit: permit('reset_knobs', status, [], { model }),
        fields: html`<input type="hidden" name="key" value="${model.key}" />`,
      })}
    `,
  )
