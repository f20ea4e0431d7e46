import { CancellationScope, isCancellation, log, proxyActivities, setCurrentDetails } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { failed, type RunEnd } from '../domain/managed/run-end.ts'
import type { ServiceRestartRequest } from './messages.ts'
import { troubleOf } from './swap/trouble.ts'

const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' } as const
const looking: Pick<Activities, 'lookAtService'> = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1 minute',
  retry,
})
const working: Pick<Activities, 'restartService'> = proxyActivities<Activities>({
  scheduleToCloseTimeout: '3 minutes',
  heartbeatTimeout: '10s',
  retry: { ...retry, maximumAttempts: 1000 },
})
const ending: Pick<Activities, 'endRestartClaim'> = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '10 minutes',
  retry,
})

/** Restarts a service's container under a claim that the gate has granted, and gives the host back whatever came of it. */
export async function serviceRestart({ clusterId, host, container, claimId, fence, by }: ServiceRestartRequest): Promise<RunEnd> {
  const service = { clusterId, host, container }
  try {
    const before = await looking.lookAtService(service)
    return told(before.ok ? await working.restartService({ ...service, fence, before: before.container }) : failed(before.reason))
  } catch (error) {
    if (isCancellation(error)) throw error
    const { cause } = troubleOf(error, null, false)
    return told(failed(`${cause.code}: ${cause.message}`))
  } finally {
    // Where this is not heard, the arbiter's watch finds the workflow closed (ARBITER.md E2).
    await CancellationScope.nonCancellable(() => ending.endRestartClaim({ claimId, by })).catch((trouble: unknown) =>
      log.warn('the claim was not given back', { trouble }),
    )
  }
}

function told(end: RunEnd): RunEnd {
  setCurrentDetails(`**${end.state}**: ${end.detail}`)
  return end
}
