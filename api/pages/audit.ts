import { auditRegions } from '../../views/audit/regions.ts'
import { typesOf } from '../../views/audit/event-words.ts'
import { paths } from '../../views/paths.ts'
import type { Control } from '../deps.ts'
import { known } from './known.ts'
import { utcOf } from './local-time.ts'
import type { PageModule } from './page-module.ts'

const listed = 100

/** What happened, who did it, and why. */
export const auditPage = (control: Control): PageModule => ({
  page: 'audit',
  view(query, origin) {
    const type = query.get('type') ?? ''
    const since = sinceOf(query)
    const types = typesOf(type)
    return {
      page: 'audit',
      // the origin is part of what is shown: the same trail is told with another address to who came by another one
      stream: paths.stream('audit', { type: types.length === 0 ? undefined : type, since: since ?? undefined, origin }),
      async look() {
        const [status, page] = await Promise.all([
          control.readStatus(),
          known(() => control.events.list({ types: types.length === 0 ? null : types, since, limit: listed })),
        ])
        return { status, regions: auditRegions({ status, page, type, since, origin }) }
      },
    }
  },
  forms: [],
  dialogs: {},
})

/** A place in the trail, or a time: a browser's field gives it as clocks of `zone` show it. Whatever else is in the address counts as nothing. */
function sinceOf(query: URLSearchParams): string | null {
  const since = query.get('since') ?? ''
  if (/^\d{1,16}$/.test(since)) return since
  const zone = query.get('zone') ?? ''
  const told = /[Z+]/.test(since) ? since : utcOf(since, zone === '' ? 'UTC' : zone)
  const at = /^\d{4}-\d\d-\d\dT.*[Z+]/.test(told) ? Date.parse(told) : NaN
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}
