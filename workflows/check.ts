import type { PlanReport } from '../domain/swap.ts'
import { planWithin } from './swap/activities.ts'
import type { CheckRequest } from './messages.ts'

/** Nobody waits longer for an answer on a page. */
const limitS = 60

/** A dry run (ARBITER.md G8): the checks and the exact commands of a swap. It occupies nothing, changes nothing, and has no event. */
export async function check(request: CheckRequest): Promise<PlanReport> {
  return planWithin(limitS).planSwap(request)
}
