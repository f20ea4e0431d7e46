import type { PageData } from '../../views/page-data.ts'
import type { FixtureState } from './fixture-control.ts'

/** A control that knows what the dashboard shows, and nothing of schedules, webhooks and events yet. */
export const fixtureState = (data: PageData): FixtureState => ({
  data,
  schedules: { schedules: [], conflicts: [] },
  importable: { imported: [], skipped: [] },
  webhooks: [],
  deliveries: [],
  events: [],
  refuseWith: null,
  refuseIf: () => null,
  unreadable: null,
  asked: [],
})
