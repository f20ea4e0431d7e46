import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow'
import { toServerClock } from '../../domain/arbitration/clock.ts'
import type { Go } from '../../domain/arbitration/command.ts'
import type { ArbiterState, WaitingSwap } from '../../domain/arbitration/state.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import { swapWorkflowId, type ClusterId, type SwapId } from '../../domain/names.ts'
import { queuedSwap } from '../../domain/swap-record.ts'
import { go, withdrawn, workflowTypes, type SwapMemo, type SwapRequest } from '../messages.ts'

/** Behind a swap's own deadline stands the server's, for one that can't keep its own (ARBITER.md G9). */
const afterDeadlineS = 60

/** Starts the workflow of an accepted swap. False: that id was used before. No search attributes (A9). */
export async function startSwap(state: ArbiterState, swap: WaitingSwap): Promise<boolean> {
  const request = requestOf(state, swap)
  const memo: SwapMemo = { swap: queuedSwap(request), request: { ...request, tokenHash: swap.tokenHash } }
  try {
    await CancellationScope.nonCancellable(() =>
      startChild(workflowTypes.swap, {
        workflowId: swapWorkflowId(state.clusterId, swap.swapId),
        args: [request],
        memo: { ...memo },
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowExecutionTimeout: (swap.queueLimitS + swap.deadlineS + afterDeadlineS) * 1000,
        staticSummary: `swap to ${swap.model ?? 'nothing'} on ${swap.hosts.join(', ')}`,
      }),
    )
    return true
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false
    throw error
  }
}

function requestOf(state: ArbiterState, swap: WaitingSwap): SwapRequest {
  const {
    swapId,
    model,
    hosts,
    holder,
    schedule,
    reason,
    onFailure,
    onDrainTimeout,
    drainS,
    queueLimitS,
    deadlineS,
    requestHash,
    joinable = null,
  } = swap
  const acceptedAt = toServerClock(state, swap.acceptedAt)
  return {
    clusterId: state.clusterId,
    swapId,
    model,
    hosts,
    holder,
    schedule,
    reason,
    onFailure,
    onDrainTimeout,
    drainS,
    acceptedAt,
    queueLimitS,
    deadlineS,
    requestHash,
    joinable,
    ...(swap.ignoreEstimate === true && { ignoreEstimate: true }),
  }
}

const external = (clusterId: ClusterId, swapId: SwapId) => getExternalWorkflowHandle(swapWorkflowId(clusterId, swapId))

/** G4. It may come twice: a swap obeys its first. */
export const sendGo = (clusterId: ClusterId, swapId: SwapId, told: Go): Promise<void> => external(clusterId, swapId).signal(go, told)

/** Why first, then the cancellation that ends it. */
export async function withdrawSwap(clusterId: ClusterId, swapId: SwapId, why: { code: ErrorCode; message: string | null }): Promise<void> {
  const swap = external(clusterId, swapId)
  await swap.signal(withdrawn, why)
  await swap.cancel()
}

export const cancelSwap = (clusterId: ClusterId, swapId: SwapId): Promise<void> => external(clusterId, swapId).cancel()
