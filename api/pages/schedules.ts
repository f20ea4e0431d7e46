import { problemBanner } from '../../views/problems.ts'
import { paths } from '../../views/paths.ts'
import type { Control } from '../deps.ts'
import type { PageModule } from './page-module.ts'

export const schedulesPage = (control: Control): PageModule => ({
  page: 'schedules',
  view: () => ({
    page: 'schedules',
    stream: paths.stream('schedules'),
    async look() {
      const status = await control.readStatus()
      return { status, regions: { problems: problemBanner(status) } }
    },
  }),
  forms: [],
  dialogs: {},
})
