import type { DepsWithArbiter } from '../deps.ts'
import { createConnectivityActivities } from './connectivity.ts'
import { createDeepActivities } from './deep.ts'
import { createRestartActivities } from './restart.ts'

/** What a person may ask about services and the ways to hosts. */
export const createServiceChecks = (deps: DepsWithArbiter) => ({
  ...createDeepActivities(deps),
  ...createConnectivityActivities(deps),
  ...createRestartActivities(deps),
})
