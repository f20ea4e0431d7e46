import { randomUUID } from 'node:crypto'
import { Problem } from '../../domain/problem.ts'
import { RestartId } from '../../domain/services/restart.ts'
import { disksDialog } from '../../views/dialogs/catalog/disk.ts'
import { deepDialog, deepReport, waysDialog, waysReport } from '../../views/dialogs/fleet/looks.ts'
import { restartBegun, restartDialog, restartProgress } from '../../views/dialogs/fleet/restart.ts'
import { apiRequests } from '../../views/api-requests.ts'
import { fleetRegions } from '../../views/fleet/regions.ts'
import { paths } from '../../views/paths.ts'
import type { Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { formAction } from './form-action.ts'
import { attemptOf, filled } from './form.ts'
import { known } from './known.ts'
import type { PageModule } from './page-module.ts'

const hourMs = 3_600_000

/** How hosts, what they serve and what runs beside the models are; and looking closer, where that costs something. */
export const hostsPage = (control: Control): PageModule => ({
  page: 'hosts',
  view: () => ({
    page: 'hosts',
    stream: paths.stream('hosts'),
    async look() {
      const [status, endpoints, telemetry] = await Promise.all([
        control.readStatus(),
        known(() => control.services.endpoints()),
        known(() => control.telemetry.read({ host: null, since: Date.now() - hourMs, stepS: 60 })),
      ])
      return { status, regions: fleetRegions({ status, endpoints, telemetry }) }
    },
  }),
  forms: [
    formAction({
      path: paths.restartService,
      read: (form) => ({ name: nameIn(form), attempt: attemptOf(form) }),
      requests: ({ name }) => apiRequests.restartService(name),
      act: async ({ name, attempt }, by) => restartBegun(await control.services.restart(name, { ...by, idempotencyKey: attempt })),
    }),
    formAction({
      path: paths.tryWays,
      read: () => undefined,
      requests: apiRequests.tryWays,
      act: async () => waysReport(await control.services.connectivity()),
    }),
    formAction({
      path: paths.askDeep,
      read: () => undefined,
      requests: apiRequests.askDeep,
      act: async () => deepReport(await control.services.deepHealth()),
    }),
  ],
  dialogs: {
    connectivity: waysDialog,
    'deep-health': deepDialog,
    disks: async () => disksDialog(await control.storage.disk()),
    async 'restart-service'(query) {
      const status = await control.readStatus()
      const service = status.services.find(({ name }) => name === query.get('name'))
      if (service === undefined) throw new Problem('unknown_service', 'No service is called that')
      return restartDialog(service, status, randomUUID())
    },
  },
  pieces: {
    '/ui/services/restart-state': async (query) => restartProgress(await control.services.readRestart(fit(RestartId, query.get('id'), 'query'))),
  },
})

function nameIn(form: URLSearchParams): string {
  const name = filled(form, 'name')
  if (name === undefined) throw new Problem('unknown_service', 'The form names no service')
  return name
}
