import type { CatalogModel } from '../../domain/catalog-model.ts'
import type { Download } from '../../domain/storage/download.ts'
import type { Status } from '../../domain/status.ts'
import { permit } from '../actions.ts'
import { dialogButton } from '../button.ts'
import { html, type Html } from '../html.ts'
import { unknown, type Known } from '../known.ts'
import { paths } from '../paths.ts'
import { problemBanner } from '../problems.ts'
import type { Regions } from '../regions.ts'
import { downloadList } from './downloads.ts'
import { selectModels, shows, type ModelFilter } from './filter.ts'
import { catalogList } from './list.ts'

/** All that the page of models shows, read at one moment. */
export interface ModelsData {
  readonly status: Status
  readonly models: Known<readonly CatalogModel[]>
  readonly downloads: Known<readonly Download[]>
  readonly filter: ModelFilter
}

export const modelRegions = (data: ModelsData): Regions => ({
  problems: problemBanner(data.status),
  toolbar: toolbar(data.status),
  downloads: downloadList(data.downloads.known ? data.downloads.value : [], data.status),
  filter: filterForm(data.filter),
  models: data.models.known
    ? catalogList(selectModels(data.models.value, data.filter, data.status), data.models.value.length, data)
    : unknown('models', data.models.problem),
})

function toolbar(status: Status): Html {
  const verdict = permit('add_model', status)
  return html`<section id="toolbar" aria-label="Add models">
    <p class="muted">
      What ships is never overwritten: changes and models of your own are kept in <code>models-overrides.yaml</code>, and each can be taken back.
    </p>
    <div class="toolbar">
      ${dialogButton({ id: 'add-model', label: 'Add a model…', about: 'from Hugging Face', url: paths.addModelDialog(), permit: verdict, look: 'primary', reasonId: 'add-refused' })}
      ${dialogButton({ id: 'add-local-model', label: 'Add a local model…', about: 'from a folder of a host', url: paths.addModelDialog(true), permit: verdict, look: 'outline', reasonId: 'add-refused' })}
    </div>
    ${!verdict.allowed && html`<p class="reason" id="add-refused">Nothing can be added now: ${verdict.reason}</p>`}
  </section>`
}

const showWords: Record<ModelFilter['show'], string> = {
  all: 'all',
  loaded: 'loaded now',
  own: 'own',
  changed: 'changed from what ships',
  shipped: 'as they ship',
  local: 'local folders',
}

/** Left alone when the page is refreshed, as somebody may be typing in it. It is a plain form: its address can be kept and sent. */
const filterForm = ({ q, show }: ModelFilter): Html => html`
  <section id="filter" aria-label="Filter" hx-morph-skip>
    <form method="get" action="${paths.models}" class="filter">
      <label>Filter <input type="search" name="q" value="${q}" placeholder="key, name, repository, folder, launcher, host" maxlength="100" /></label>
      <label>
        Show
        <select name="show">
          ${shows.map((one) => html`<option value="${one}" ${one === show ? html`selected` : ''}>${showWords[one]}</option>`)}
        </select>
      </label>
      <button type="submit" class="secondary outline">Filter</button>
      ${(q !== '' || show !== 'all') && html`<a href="${paths.models}">Show all</a>`}
    </form>
  </section>
`
