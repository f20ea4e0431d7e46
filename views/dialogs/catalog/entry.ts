import type { CatalogModel } from '../../../domain/catalog-model.ts'
import { LauncherName } from '../../../domain/model.ts'
import type { HostName } from '../../../domain/names.ts'
import { knobFields } from '../../catalog/knob-fields.ts'
import { launchFields } from '../../catalog/launch-fields.ts'
import { html, type Html } from '../../html.ts'
import { hostList } from '../../model-name.ts'
import { paths } from '../../paths.ts'
import { selectField, textField } from '../fields.ts'
import { dialogForm, dialogFrame } from '../frame.ts'
import { previewBox, previewOnceFilled } from './preview.ts'

/** What a model has where its entry says nothing: of the cluster's settings. */
export interface EntryDefaults {
  readonly image: string
  readonly container: string
  readonly launch_s: number
  readonly launch_stall_s: number
}

interface EntryDialog {
  /** null: a new one. */
  readonly model: CatalogModel | null
  readonly local: boolean
  readonly hosts: readonly HostName[]
  readonly defaults: EntryDefaults
}

/** Adds a model, or changes one: what it is, where it goes, how it is started. */
export const entryDialog = ({ model, local, hosts, defaults }: EntryDialog): Html =>
  dialogFrame(
    model === null ? (local ? 'Add a local model' : 'Add a model') : `Edit ${model.name}`,
    html`
      ${model !== null && model.origin !== 'own' && html`<p class="muted">It ships with Spark Control: what is left blank stays as it is.</p>`}
      ${dialogForm(
        { action: model === null ? paths.addModel : paths.editModel, submit: model === null ? 'Add' : 'Save', focus: false, leadsOn: true },
        html`
          ${identity(model, local)} ${weights(model, local, hosts)} ${whereAndHow(model, hosts, defaults)} ${figures(model, defaults)}
          ${
            (model === null || model.origin === 'own') &&
            html`<details>
              <summary>Knobs: settings of vLLM</summary>
              <input type="hidden" name="knobs" value="1" />
              ${knobFields(model === null ? null : { ...model, shipped_knobs: null })}
            </details>`
          }
          ${model === null ? previewOnceFilled(paths.previewNewModel) : previewBox(paths.previewModel)}
        `,
      )}
    `,
  )

const identity = (model: CatalogModel | null, local: boolean): Html => html`
  <div class="two">
    ${
      model === null
        ? textField({
            name: 'key',
            label: 'Key',
            required: true,
            maxlength: 64,
            placeholder: local ? 'my-tune' : 'qwen3-30b',
            hint: 'Lower-case letters, digits, dots and dashes: what requests ask for.',
            focus: true,
          })
        : html`<input type="hidden" name="key" value="${model.key}" />`
    }
    ${textField({ name: 'name', label: 'Name', value: model === null || model.name === model.key ? '' : model.name, maxlength: 120 })}
  </div>
`

const weights = (model: CatalogModel | null, local: boolean, hosts: readonly HostName[]): Html =>
  local
    ? html`${localPathField(model?.local_path ?? '')} ${folderOpener(hosts)}`
    : textField({
        name: 'repo',
        label: 'Hugging Face repository',
        value: model?.repo ?? '',
        required: true,
        maxlength: 200,
        placeholder: 'Qwen/Qwen3-30B-A3B-FP8',
      })

/** The field for a folder of the host; the browser of folders puts another in its place when one was chosen. */
export const localPathField = (path: string): Html => html`
  <div id="local-path">
    ${textField({ name: 'local_path', label: 'Folder on the host', value: path, required: true, maxlength: 1000, placeholder: '/models/my-tune', hint: 'Absolute, with config.json and the weights in it. It is mounted at the same path, to be read only.' })}
  </div>
`

const folderOpener = (hosts: readonly HostName[]): Html => html`
  <div class="toolbar browse">
    ${hosts.map(
      (host) =>
        html`<button type="button" class="secondary outline" id="browse-${host}" hx-get="${paths.folders(host, null)}" hx-target="#folders">
          Browse ${host}…
        </button>`,
    )}
  </div>
  <div id="folders" aria-live="polite"></div>
`

function whereAndHow(model: CatalogModel | null, hosts: readonly HostName[], defaults: EntryDefaults): Html {
  const launchers = LauncherName.options.map((name) => ({ value: name, label: name }))
  return html`
    <div class="two">
      ${selectField('placement', 'Where it goes', placementChoices(model, hosts), model === null ? '' : placementValue(model))}
      ${selectField('launcher', 'How it is started', launchers, model?.launcher)}
    </div>
    <details>
      <summary>Options of the launcher</summary>
      <div class="two">
        ${textField({ name: 'image', label: 'Image', value: unless(model?.image, defaults.image), placeholder: defaults.image, maxlength: 255 })}
        ${textField({ name: 'container', label: 'Container', value: unless(model?.container, defaults.container), placeholder: defaults.container, maxlength: 63 })}
        ${textField({ name: 'port', label: 'Port', value: text(model?.port), placeholder: 'of its host', maxlength: 5 })}
        ${textField({ name: 'served_name', label: 'Served as', value: servedName(model), hint: 'The same for several models: clients stay as they are.', maxlength: 128 })}
      </div>
      <div>${launchFields(model?.launch ?? {})}</div>
      <label>
        Environment of the engine
        <textarea name="env" rows="2" maxlength="20000" spellcheck="false" placeholder="NAME=value">
${Object.entries(model?.env ?? {})
            .map(([name, value]) => `${name}=${value}`)
            .join('\n')}</textarea>
        <small>One a line. No secrets: it stands in a file and in the commands.</small>
      </label>
    </details>
  `
}

const figures = (model: CatalogModel | null, defaults: EntryDefaults): Html => html`
  <details>
    <summary>Figures, limits and notes</summary>
    <div class="two">
      ${textField({ name: 'memory_gib', label: 'Memory while serving, in GiB', value: text(model?.memory_gib), hint: 'Measured, or published.', maxlength: 10 })}
      ${textField({ name: 'weights_gib', label: 'Weights, in GiB', value: text(model?.weights_gib), maxlength: 10 })}
      ${textField({ name: 'launch_s', label: 'A start takes at most, in seconds', value: unless(text(model?.launch_s), String(defaults.launch_s)), placeholder: String(defaults.launch_s), maxlength: 6 })}
      ${textField({ name: 'launch_stall_s', label: 'Without progress at most, in seconds', value: unless(text(model?.launch_stall_s), String(defaults.launch_stall_s)), placeholder: String(defaults.launch_stall_s), maxlength: 6 })}
    </div>
    ${textField({ name: 'source', label: 'Source', value: model?.source ?? '', hint: 'Where figures and settings come from.', maxlength: 500 })}
    ${textField({ name: 'notes', label: 'Notes', value: model?.notes ?? '', maxlength: 2000 })}
    <input type="hidden" name="checks" value="${model === null || model.checks.length === 0 ? '' : JSON.stringify(model.checks)}" />
  </details>
`

const text = (value: string | number | null | undefined): string => (value === null || value === undefined ? '' : String(value))
const unless = (value: string | undefined, fallback: string): string => (value === undefined || value === fallback ? '' : value)
const servedName = (model: CatalogModel | null): string => (model === null ? '' : unless(model.served_name, model.repo ?? model.key))

/** As the choice below has it. */
const placementValue = ({ placement, anywhere }: CatalogModel): string => (anywhere ? 'any' : placement.join(','))

/** More hosts than this, and every pair of them would be a long list: then what the entry has already, and all of them, are offered. */
const fewHosts = 4

function placementChoices(model: CatalogModel | null, hosts: readonly HostName[]): { value: string; label: string }[] {
  const pairs = hosts.length > fewHosts ? [] : hosts.flatMap((head) => hosts.filter((other) => other !== head).map((other) => [head, other]))
  const several = [...pairs, ...(hosts.length > 2 ? [hosts] : []), ...(model !== null && model.placement.length > 1 ? [model.placement] : [])]
  const named = new Map(several.map((one) => [one.join(','), `${one[0] ?? ''} as head, with ${hostList(one.slice(1))}`]))
  return [
    ...(model === null ? [{ value: '', label: 'where models go by default' }] : []),
    { value: 'any', label: 'any free host' },
    ...hosts.map((host) => ({ value: host, label: host })),
    ...[...named].map(([value, label]) => ({ value, label })),
  ]
}
