import { CancellationScope, isCancellation, log, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow'
import type { Activities } from '../activities/index.ts'
import { failed, type RunEnd } from '../domain/managed/run-end.ts'
import type { DiskDeleteRequest } from './messages.ts'
import { troubleOf } from './swap/trouble.ts'

const retry = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s' } as const
const working: Pick<Activities, 'deleteWeights'> = proxyActivities<Activities>({
  scheduleToCloseTimeout: '30 minutes',
  heartbeatTimeout: '10s',
  retry: { ...retry, maximumAttempts: 100 },
})
const ending: Pick<Activities, 'endRestartClaim' | 'noteStorage'> = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '10 minutes',
  retry,
})

/** Deletes a model's weights from one host under a claim that the gate has granted, and gives the host back whatever came of it. */
export async function diskDelete({ clusterId, model, repo, host, claimId, fence, by }: DiskDeleteRequest): Promise<RunEnd> {
  let end: RunEnd & { readonly bytes: number } = { ...failed('it was cancelled'), bytes: 0 }
  try {
    end = await working.deleteWeights({ clusterId, host, repo, fence })
  } catch (error) {
    if (isCancellation(error)) throw error
    const { cause } = troubleOf(error, null, false)
    end = { ...failed(`${cause.code}: ${cause.message}`), bytes: 0 }
  } finally {
    // Where this is not heard, the arbiter's watch finds the workflow closed (ARBITER.md E2).
    await CancellationScope.nonCancellable(async () => {
      const { bytes, state, detail } = end
      const told = {
        id: `evt_delete_${workflowInfo().runId}`,
        type: 'weights_deleted',
        by,
        hosts: [host],
        fence,
        result: state,
        reason: detail,
      } as const
      await ending.noteStorage({ ...told, before: { model, repo, bytes } })
      await ending.endRestartClaim({ claimId, by })
    }).catch((trouble: unknown) => log.warn('the claim was not given back', { trouble }))
  }
  setCurrentDetails(`**${end.state}**: ${end.detail}`)
  return end
}
