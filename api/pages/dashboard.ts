import { randomUUID } from 'node:crypto'
import { HostName, ModelKey, SwapId } from '../../domain/names.ts'
import { placements } from '../../views/actions.ts'
import { cancelDialog } from '../../views/dialogs/cancel.ts'
import { releaseDialog } from '../../views/dialogs/release.ts'
import { dryRunDialog } from '../../views/dialogs/report.ts'
import { swapDialog } from '../../views/dialogs/swap.ts'
import { unloadDialog } from '../../views/dialogs/unload.ts'
import { paths } from '../../views/paths.ts'
import { dashboardRegions } from '../../views/regions.ts'
import type { Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { dashboardForms } from './dashboard-forms.ts'
import type { PageModule } from './page-module.ts'
import { createPageReader } from './read-page.ts'
import { z } from 'zod'

const Hosts = z.array(HostName).max(16)
const modelOf = (query: URLSearchParams): string => fit(ModelKey, query.get('model'), 'query')
const hostsOf = (query: URLSearchParams): string[] => fit(Hosts, query.getAll('hosts'), 'query')

/** The first page: what the hosts hold, who may change it, and what comes next. */
export function dashboardPage(control: Control): PageModule {
  const read = createPageReader(control)
  return {
    page: 'dashboard',
    view: () => ({
      page: 'dashboard',
      stream: paths.stream('dashboard'),
      async look() {
        const data = await read()
        return { status: data.status, regions: dashboardRegions(data) }
      },
    }),
    forms: dashboardForms(control),
    dialogs: {
      swap: async (query) =>
        swapDialog({ model: control.readModel(modelOf(query)), data: await read(), force: query.has('force'), attempt: randomUUID() }),
      'dry-run': async (query) => {
        const model = control.readModel(modelOf(query))
        const hosts = hostsOf(query)
        return dryRunDialog(model, hosts.length === 0 ? model.placement : hosts, placements(model, (await read()).status))
      },
      unload: async (query) => unloadDialog(fit(Hosts.min(1), query.getAll('hosts'), 'query'), await read(), randomUUID()),
      cancel: async (query) => cancelDialog((await control.readSwap(fit(SwapId, query.get('id'), 'query'))).swap, control.readModels()),
      release: async (query) => {
        const hosts = hostsOf(query)
        const { locks } = await control.readLock()
        return releaseDialog(locks.find((lock) => lock.hosts.join() === hosts.join()) ?? null)
      },
    },
  }
}
