import { problemBanner } from '../../views/problems.ts'
import { paths } from '../../views/paths.ts'
import type { Control } from '../deps.ts'
import type { PageModule } from './page-module.ts'

export const auditPage = (control: Control): PageModule => ({
  page: 'audit',
  view: () => ({
    page: 'audit',
    stream: paths.stream('audit'),
    async look() {
      const status = await control.readStatus()
      return { status, regions: { problems: problemBanner(status) } }
    },
  }),
  forms: [],
  dialogs: {},
})
