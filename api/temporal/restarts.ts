import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client'
import { z } from 'zod'
import { restartWorkflowId, rfc3339, taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { RestartMemo, type ServiceRestart } from '../../domain/services/restart.ts'
import { workflowTypes, type ServiceRestartRequest } from '../../workflows/messages.ts'
import type { TemporalLink } from './link.ts'

/** Looks, three minutes of work, and the claim's end with an arbiter that is away. */
const limit_ms = 20 * 60_000
const Ended = z.object({ state: z.enum(['ok', 'failed', 'skipped']), detail: z.string() })

/** Restarts of services, each a durable workflow. Reading one needs no worker. */
export class Restarts {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  /** One that is there already is left as it is. Throws `temporal_down`. */
  async start(restartId: string, memo: RestartMemo, request: ServiceRestartRequest): Promise<void> {
    try {
      await this.#link.call((client) =>
        client.workflow.start(workflowTypes.serviceRestart, {
          workflowId: restartWorkflowId(this.#clusterId, restartId),
          taskQueue: taskQueueOf(this.#clusterId),
          args: [request],
          workflowExecutionTimeout: limit_ms,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          memo: { ...memo },
        }),
      )
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }

  /** Throws `unknown_restart`, `temporal_down`. */
  async read(restartId: string): Promise<ServiceRestart> {
    return await this.#link.call(async (client) => {
      const handle = client.workflow.getHandle(restartWorkflowId(this.#clusterId, restartId))
      try {
        const { memo, status, startTime, closeTime } = await handle.describe()
        const about = { restart_id: restartId, ...RestartMemo.parse(memo), started_at: rfc3339(startTime.getTime()) }
        if (status.name === 'RUNNING') return { ...about, state: 'running', detail: null, ended_at: null }
        const end = await endOf(handle.result(), status.name)
        return { ...about, ...end, ended_at: closeTime === undefined ? null : rfc3339(closeTime.getTime()) }
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw new Problem('unknown_restart')
        throw error
      }
    })
  }
}

async function endOf(result: Promise<unknown>, status: string): Promise<Pick<ServiceRestart, 'state' | 'detail'>> {
  try {
    const { state, detail } = Ended.parse(await result)
    return { state: state === 'ok' ? 'ok' : 'failed', detail }
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { state: 'failed', detail: `its workflow ended as ${status.toLowerCase()}` }
    throw error
  }
}
