import { randomUUID } from 'node:crypto'
import { TimeoutFailure, WorkflowFailedError } from '@temporalio/client'
import { checkWorkflowId, taskQueueOf } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { PlanReport } from '../../domain/swap.ts'
import { workflowTypes, type CheckRequest } from '../../workflows/messages.ts'
import { isSilence, type TemporalLink } from './link.ts'

/** Beside the checks' own limit: starting the workflow and reading its result. */
const margin_s = 10

/**
 * Runs a dry run (ARBITER.md G8): occupies nothing, changes nothing. `limit_s` bounds its checks.
 * Throws `temporal_down`, `worker_down`.
 */
export async function runCheck(link: TemporalLink, request: CheckRequest, limit_s: number): Promise<PlanReport> {
  const limit_ms = (limit_s + margin_s) * 1000
  const handle = await link.call((client) =>
    client.workflow.start(workflowTypes.check, {
      workflowId: checkWorkflowId(request.clusterId, randomUUID()),
      taskQueue: taskQueueOf(request.clusterId),
      args: [request],
      workflowExecutionTimeout: limit_ms,
    }),
  )
  try {
    return PlanReport.parse(await link.client.withDeadline(Date.now() + limit_ms, () => handle.result()))
  } catch (error) {
    if (isSilence(error)) throw new Problem('temporal_down', 'The check did not end in time', {}, 2)
    if (error instanceof WorkflowFailedError && error.cause instanceof TimeoutFailure)
      throw new Problem('worker_down', 'The check did not end in time', {}, 5)
    throw error
  }
}
