import type { DepsWithSchedules } from '../deps.ts'
import { createRecordActivities } from './record.ts'
import { createServiceActivities } from './service.ts'
import { createStaleLockActivities } from './stale-lock.ts'
import { createManagedSwapActivities } from './swap.ts'
import { createSweepActivities } from './sweep.ts'
import { createWarmActivities } from './warm.ts'

/** What a managed schedule may do. */
export const createManagedActivities = (deps: DepsWithSchedules) => ({
  ...createRecordActivities(deps),
  ...createManagedSwapActivities(deps),
  ...createServiceActivities(deps),
  ...createWarmActivities(deps),
  ...createSweepActivities(deps),
  ...createStaleLockActivities(deps),
})
