import { CancellationScope, log } from '@temporalio/workflow'
import { failed, type RunEnd } from '../../domain/managed/run-end.ts'
import type { ManagedAction, ManagedBody } from '../../domain/scheduling/schedule.ts'
import { asking, workedFor } from './activities.ts'
import { insist, Patience } from './patience.ts'

const restartLimitS = 180

interface ServiceRunParts {
  readonly clusterId: string
  readonly definition: ManagedBody
  readonly action: Extract<ManagedAction, { type: 'restart_service' }>
  readonly runId: string
}

/** Claims the host, restarts the container under the claim's fence, and gives the host back whatever came of it. */
export async function runRestart({ clusterId, definition, action, runId }: ServiceRunParts): Promise<RunEnd> {
  const service = { clusterId, host: action.host, container: action.container }
  const allowed = await asking.lookAtService(service)
  if (!allowed.ok) return failed(allowed.reason)
  const claim = { claimId: `run-${runId}`, scheduleId: definition.id }
  const patience = new Patience(definition)
  try {
    const claimed = await insist(patience, () => asking.claimForService({ ...service, ...claim }))
    if (claimed.kind === 'gave_up') return claimed.end
    const before = await asking.lookAtService(service) // again: the wait may have been long
    if (!before.ok) return failed(before.reason)
    return await workedFor(restartLimitS).restartService({ ...service, fence: claimed.fence, before: before.container })
  } finally {
    // Where this is not heard, the arbiter's watch finds the run closed (ARBITER.md E2).
    await CancellationScope.nonCancellable(() => asking.endServiceClaim(claim)).catch((trouble: unknown) =>
      log.warn('the claim was not given back', { trouble }),
    )
  }
}
