import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client'
import { z } from 'zod'
import { rfc3339, taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { DeletionMemo, deletionWorkflowId, type DiskDeletion } from '../../domain/storage/disk.ts'
import { workflowTypes, type DiskDeleteRequest } from '../../workflows/messages.ts'
import type { TemporalLink } from './link.ts'

const limit_ms = 60 * 60_000
const Ended = z.object({ state: z.enum(['ok', 'failed', 'skipped']), detail: z.string() })

/** Deletions of weights, each a durable workflow. Reading one needs no worker. */
export class Deletions {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  /** One that is there already is left as it is. Throws `temporal_down`. */
  async start(memo: DeletionMemo, request: DiskDeleteRequest): Promise<void> {
    try {
      await this.#link.call((client) =>
        client.workflow.start(workflowTypes.diskDelete, {
          workflowId: deletionWorkflowId(this.#clusterId, request.claimId),
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

  /** Waits for its end so long and no longer. */
  async waitFor(deletionId: string, wait_ms: number): Promise<void> {
    const handle = this.#link.client.workflow.getHandle(deletionWorkflowId(this.#clusterId, deletionId))
    await this.#link.during((client) => client.withDeadline(Date.now() + wait_ms, () => handle.result())).catch(() => undefined) // how it is, is read below
  }

  /** Throws `unknown_deletion`, `temporal_down`. */
  async read(deletionId: string): Promise<DiskDeletion> {
    return await this.#link.call(async (client) => {
      const handle = client.workflow.getHandle(deletionWorkflowId(this.#clusterId, deletionId))
      try {
        const { memo, status, startTime, closeTime } = await handle.describe()
        const about = { deletion_id: deletionId, ...DeletionMemo.parse(memo), started_at: rfc3339(startTime.getTime()) }
        if (status.name === 'RUNNING') return { ...about, state: 'running', detail: null, ended_at: null }
        const end = await endOf(handle.result(), status.name)
        return { ...about, ...end, ended_at: closeTime === undefined ? null : rfc3339(closeTime.getTime()) }
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw new Problem('unknown_deletion')
        throw error
      }
    })
  }
}

async function endOf(result: Promise<unknown>, status: string): Promise<Pick<DiskDeletion, 'state' | 'detail'>> {
  try {
    const { state, detail } = Ended.parse(await result)
    return { state: state === 'ok' ? 'ok' : 'failed', detail }
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { state: 'failed', detail: `its workflow ended as ${status.toLowerCase()}` }
    throw error
  }
}
