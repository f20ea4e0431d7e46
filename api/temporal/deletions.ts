import { taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { DeletionMemo, deletionWorkflowId, type DiskDeletion } from '../../domain/storage/disk.ts'
import { workflowTypes, type DiskDeleteRequest } from '../../workflows/messages.ts'
import { readOperation, startOnce } from './host-operation.ts'
import type { TemporalLink } from './link.ts'

const limit_ms = 60 * 60_000

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
    await startOnce(this.#link, workflowTypes.diskDelete, {
      workflowId: deletionWorkflowId(this.#clusterId, request.claimId),
      taskQueue: taskQueueOf(this.#clusterId),
      args: [request],
      workflowExecutionTimeout: limit_ms,
      memo: { ...memo },
    })
  }

  /** Waits for its end so long and no longer. */
  async waitFor(deletionId: string, wait_ms: number): Promise<void> {
    const handle = this.#link.client.workflow.getHandle(deletionWorkflowId(this.#clusterId, deletionId))
    await this.#link.during((client) => client.withDeadline(Date.now() + wait_ms, () => handle.result())).catch(() => undefined) // how it is, is read below
  }

  /** Throws `unknown_deletion`, `temporal_down`. */
  async read(deletionId: string): Promise<DiskDeletion> {
    const read = await readOperation(this.#link, deletionWorkflowId(this.#clusterId, deletionId), DeletionMemo, 'unknown_deletion')
    return { deletion_id: deletionId, ...read }
  }
}
