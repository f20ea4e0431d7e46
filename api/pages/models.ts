import type { Actor } from '../../domain/events.ts'
import type { SettingsView } from '../../domain/settings-view.ts'
import { shows, type ModelFilter } from '../../views/catalog/filter.ts'
import { modelRegions } from '../../views/catalog/regions.ts'
import { entryDialog, localPathField, type EntryDefaults } from '../../views/dialogs/catalog/entry.ts'
import { diskBox } from '../../views/dialogs/catalog/disk.ts'
import { knobsDialog } from '../../views/dialogs/catalog/knobs.ts'
import { deleteModelDialog, modelDialog } from '../../views/dialogs/catalog/model.ts'
import { paths } from '../../views/paths.ts'
import type { Control } from '../deps.ts'
import { known } from './known.ts'
import { modelKeyIn } from './model-fields.ts'
import { modelForms } from './model-forms.ts'
import type { PageModule } from './page-module.ts'
import { weightDialogs, weightForms, weightPieces } from './weights.ts'

/** For what is only tried; nothing is written that could bear it. */
const nobody: Actor = { name: 'dashboard', address: null }

/** The catalog: what there is, what of it was changed, and how to change it. */
export function modelsPage(control: Control): PageModule {
  const { models } = control
  const hostNames = async (): Promise<string[]> => (await control.readStatus()).hosts.map(({ name }) => name)
  const defaults = (): EntryDefaults => entryDefaults(control.settings.list())
  return {
    page: 'models',
    view(query) {
      const filter = filterOf(query)
      return {
        page: 'models',
        stream: paths.stream('models', { ...filter }),
        async look() {
          const [status, list, downloads] = await Promise.all([
            control.readStatus(),
            known(() => Promise.resolve().then(() => models.list())),
            known(async () => (await control.downloads.list()).downloads),
          ])
          return { status, regions: modelRegions({ status, models: list, downloads, filter }) }
        },
      }
    },
    forms: [...modelForms(control), ...weightForms(control)],
    dialogs: {
      ...weightDialogs(control),
      async model(query) {
        const model = models.read(modelKeyIn(query))
        const [status, change] = await Promise.all([control.readStatus(), models.setKnobs(model.key, {}, false, nobody)])
        return modelDialog({ model, status, change, disk: diskBox(model.key) })
      },
      knobs: async (query) => knobsDialog(models.read(modelKeyIn(query)), await control.readStatus()),
      'add-model': async (query) => entryDialog({ model: null, local: query.has('local'), hosts: await hostNames(), defaults: defaults() }),
      async 'edit-model'(query) {
        const model = models.read(modelKeyIn(query))
        return entryDialog({ model, local: model.local, hosts: await hostNames(), defaults: defaults() })
      },
      'delete-model': (query) => deleteModelDialog(models.read(modelKeyIn(query))),
    },
    pieces: {
      ...weightPieces(control),
      '/ui/models/local-path': (query) => localPathField((query.get('path') ?? '').slice(0, 1000)),
    },
  }
}

/** What the address asks for, whatever is written there: somebody may have typed it. */
function filterOf(query: URLSearchParams): ModelFilter {
  const page = Number(query.get('page') ?? '1')
  return {
    q: (query.get('q') ?? '').slice(0, 100),
    show: shows.find((show) => show === query.get('show')) ?? 'all',
    page: Number.isSafeInteger(page) ? Math.max(1, page) : 1,
  }
}

function entryDefaults({ settings }: SettingsView): EntryDefaults {
  const of = (name: string): unknown => settings.find((setting) => setting.name === name)?.value
  return {
    image: String(of('vllm_image')),
    container: String(of('vllm_container')),
    launch_s: Number(of('launch_s')),
    launch_stall_s: Number(of('launch_stall_s')),
  }
}
