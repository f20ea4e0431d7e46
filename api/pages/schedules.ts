import { ScheduleId } from '../../domain/scheduling/schedule.ts'
import { dayNightDialog } from '../../views/dialogs/schedules/day-night.ts'
import { deleteScheduleDialog, scheduleDialog } from '../../views/dialogs/schedules/details.ts'
import { externalDialog } from '../../views/dialogs/schedules/external.ts'
import { importDialog } from '../../views/dialogs/schedules/import.ts'
import { managedDialog } from '../../views/dialogs/schedules/managed.ts'
import { paths } from '../../views/paths.ts'
import { kinds, type ScheduleFilter } from '../../views/schedules/filter.ts'
import { scheduleRegions } from '../../views/schedules/regions.ts'
import type { Control } from '../deps.ts'
import { fit } from '../fit.ts'
import { known, modelsOf } from './known.ts'
import type { PageModule } from './page-module.ts'
import { scheduleForms } from './schedule-forms.ts'

/** Who planned what, when it comes next, and what did not come. */
export function schedulesPage(control: Control): PageModule {
  const hostNames = async (): Promise<string[]> => (await control.readStatus()).hosts.map(({ name }) => name)
  const scheduleOf = (query: URLSearchParams) => control.schedules.read(fit(ScheduleId, query.get('id'), 'query'))
  return {
    page: 'schedules',
    view(query) {
      const filter = filterOf(query)
      return {
        page: 'schedules',
        stream: paths.stream('schedules', { ...filter }),
        async look() {
          const [status, list] = await Promise.all([control.readStatus(), known(() => control.schedules.list())])
          return { status, regions: scheduleRegions({ status, list, filter, models: modelsOf(control) }) }
        },
      }
    },
    forms: scheduleForms(control),
    dialogs: {
      schedule: async (query) => {
        const [schedule, status] = await Promise.all([scheduleOf(query), control.readStatus()])
        return scheduleDialog({ schedule, status, models: modelsOf(control) })
      },
      'external-schedule': async (query) => {
        const schedule = query.has('id') ? await scheduleOf(query) : null
        return externalDialog({ values: schedule?.kind === 'external' ? schedule : {}, models: modelsOf(control), hosts: await hostNames() })
      },
      'managed-schedule': async (query) => {
        const schedule = query.has('id') ? await scheduleOf(query) : null
        return managedDialog({ values: schedule?.kind === 'managed' ? schedule : {}, models: modelsOf(control), hosts: await hostNames() })
      },
      'day-night': async () => dayNightDialog(modelsOf(control), await hostNames()),
      'import-schedules': importDialog,
      'delete-schedule': async (query) => deleteScheduleDialog(await scheduleOf(query)),
    },
  }
}

/** What the address asks for, whatever is written there: somebody may have typed it. */
function filterOf(query: URLSearchParams): ScheduleFilter {
  const page = Number(query.get('page') ?? '1')
  return {
    q: (query.get('q') ?? '').slice(0, 100),
    kind: kinds.find((kind) => kind === query.get('kind')) ?? 'all',
    page: Number.isSafeInteger(page) ? Math.max(1, page) : 1,
  }
}
