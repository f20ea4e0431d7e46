import type { CatalogChange, CatalogModel } from '../../../domain/catalog-model.ts'
import { weightsOf } from '../../../domain/model.ts'
import type { Status } from '../../../domain/status.ts'
import { permit } from '../../actions.ts'
import { dialogButton } from '../../button.ts'
import { knobNames } from '../../catalog/knob-fields.ts'
import { originBadges, placementWords, sourceOf } from '../../catalog/model-facts.ts'
import { html, type Html, type Piece } from '../../html.ts'
import { paths } from '../../paths.ts'
import { plainText } from '../../plain-text.ts'
import { gib } from '../../quantity.ts'
import { duration } from '../../time.ts'
import { dialogForm, dialogFrame } from '../frame.ts'
import { changePreview } from './preview.ts'

interface Details {
  readonly model: CatalogModel
  readonly status: Status
  /** What a start would run now, and what runs with other settings. */
  readonly change: CatalogChange
  /** What of it lies on the hosts' disks, and what can be done there. */
  readonly disk: Piece
}

type Fact = readonly [name: string, value: Piece]

/** All about one model: what it is, where its settings come from, what would be run, and what can be done with it. */
export const modelDialog = ({ model, status, change, disk }: Details): Html =>
  dialogFrame(
    model.name,
    html`
      <p>${originBadges(model)} key <code>${model.key}</code></p>
      ${model.notes !== null && html`<p>${model.notes}</p>`} ${factList(factsOf(model))}
      ${
        model.changed.length > 0 &&
        html`<p class="note">
          Changed from what ships: ${model.changed.map((name, i) => html`${i > 0 && ', '}<code>${name.replace('knobs.', '')}</code>`)}.
        </p>`
      }
      <h3>The command of a start</h3>
      ${changePreview(change)} ${disk}
      <footer>
        <button type="button" class="secondary outline" data-close>Close</button>
        ${dialogButton({ id: 'edit-model', label: 'Edit…', about: model.name, url: paths.editModelDialog(model.key), permit: permit('edit_model', status), look: 'outline' })}
        ${dialogButton({ id: 'edit-knobs', label: 'Knobs…', about: `of ${model.name}`, url: paths.knobsDialog(model.key), permit: permit('edit_model', status), look: 'outline' })}
        ${dialogButton({ id: 'delete-model', label: model.origin === 'own' ? 'Delete…' : 'Hide…', about: model.name, url: paths.deleteModelDialog(model.key), permit: permit('delete_model', status, [], { model }), look: 'danger' })}
      </footer>
    `,
  )

const factList = (facts: readonly Fact[]): Html =>
  html`<dl class="about">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`

function factsOf(model: CatalogModel): Fact[] {
  const launch = Object.entries(model.launch).filter(([, value]) => value !== undefined)
  const knobs = knobNames
    .map((name): Fact => [name, plainText((model.knobs as Record<string, unknown>)[name])]) // by a name of its schema
    .filter(([, value]) => value !== '')
  const environment = Object.keys(model.env)
  return [
    [model.local ? 'Folder' : 'Repository', html`<code>${weightsOf(model)}</code>`],
    ['Where', placementWords(model)],
    ['Launcher', `${model.launcher}, image ${model.image}, container ${model.container}`],
    [
      'Served as',
      html`<code>${model.served_name}</code
        >${model.alias !== null && html` and <code>${model.alias}</code>`}${model.port !== null && html`, port ${model.port}`}`,
    ],
    ['Memory while serving', gib(model.memory_gib)],
    ['Weights', gib(model.weights_gib)],
    ...(model.source === null ? [] : [['Source of figures and settings', sourceOf(model.source)] as const]),
    ['Start', `at most ${duration(model.launch_s * 1000)}, without progress ${duration(model.launch_stall_s * 1000)}`],
    ...launch.map(([name, value]): Fact => [name, html`<code>${plainText(value)}</code>`]),
    ...knobs.map(([name, value]): Fact => [name, html`<code>${value}</code>`]),
    // their values may be nobody's business
    ...(environment.length === 0 ? [] : [['Environment', html`<code>${environment.join(', ')}</code>`] as const]),
    ...(model.checks.length === 0 ? [] : [['Questions after a start', String(model.checks.length)] as const]),
  ]
}

/** Asks before a model goes out of the catalog. */
export const deleteModelDialog = (model: CatalogModel): Html =>
  dialogFrame(
    `${model.origin === 'own' ? 'Delete' : 'Hide'} ${model.name}`,
    dialogForm(
      { action: paths.deleteModel, submit: model.origin === 'own' ? 'Delete' : 'Hide', look: 'danger' },
      html`
        <input type="hidden" name="key" value="${model.key}" />
        <p>
          ${
            model.origin === 'own'
              ? html`It goes out of the catalog, with its settings. Its weights stay where they are.`
              : html`It ships with Spark Control, so it is only hidden: its line <code>${model.key}: null</code> in models-overrides.yaml can be taken
                  out again. Its weights stay where they are.`
          }
        </p>
      `,
    ),
  )
