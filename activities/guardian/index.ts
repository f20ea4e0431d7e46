import type { DepsWithArbiter } from '../deps.ts'
import { createGuardianSwapActivities } from './swap.ts'
import { createTellActivities } from './tell.ts'

/** What the guardian does about an incident. */
export const createGuardianActivities = (deps: DepsWithArbiter) => ({ ...createTellActivities(deps), ...createGuardianSwapActivities(deps) })
