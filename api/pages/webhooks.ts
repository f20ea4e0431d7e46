import { problemBanner } from '../../views/problems.ts'
import { paths } from '../../views/paths.ts'
import type { Control } from '../deps.ts'
import type { PageModule } from './page-module.ts'

export const webhooksPage = (control: Control): PageModule => ({
  page: 'webhooks',
  view: () => ({
    page: 'webhooks',
    stream: paths.stream('webhooks'),
    async look() {
      const status = await control.readStatus()
      return { status, regions: { problems: problemBanner(status) } }
    },
  }),
  forms: [],
  dialogs: {},
})
