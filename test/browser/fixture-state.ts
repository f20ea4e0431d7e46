import type { PageData } from '../../views/page-data.ts'
import { someCatalog, someEndpoints, someSettings, someTelemetry } from '../views/catalog-fixtures.ts'
import type { FixtureState } from './fixture-control.ts'

/** A control that knows what the dashboard shows, the catalog, settings and endpoints, and nothing of schedules, webhooks and events yet. */
export const fixtureState = (data: PageData): FixtureState => ({
  data,
  schedules: { schedules: [], conflicts: [] },
  importable: { imported: [], skipped: [] },
  webhooks: [],
  deliveries: [],
  events: [],
  catalog: someCatalog(),
  usedBy: [],
  downloads: [],
  settings: someSettings(),
  endpoints: someEndpoints(),
  telemetry: someTelemetry(),
  log: ['2026-11-24T04:59:30.000Z launch Loading safetensors checkpoint shards: 56% Completed'],
  logs: [],
  refuseWith: null,
  refuseIf: () => null,
  unreadable: null,
  asked: [],
})
