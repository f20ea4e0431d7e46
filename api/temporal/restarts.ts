import { restartWorkflowId, taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { RestartMemo, type ServiceRestart } from '../../domain/services/restart.ts'
import { workflowTypes, type ServiceRestartRequest } from '../../workflows/messages.ts'
import { readOperation, startOnce } from './host-operation.ts'
import type { TemporalLink } from './link.ts'

/** Looks, three minutes of work, and the claim's end with an arbiter that is away. */
const limit_ms = 20 * 60_000

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
    await startOnce(this.#link, workflowTypes.serviceRestart, {
      workflowId: restartWorkflowId(this.#clusterId, restartId),
      taskQueue: taskQueueOf(this.#clusterId),
      args: [request],
      workflowExecutionTimeout: limit_ms,
      memo: { ...memo },
    })
  }

  /** Throws `unknown_restart`, `temporal_down`. */
  async read(restartId: string): Promise<ServiceRestart> {
    const read = await readOperation(this.#link, restartWorkflowId(this.#clusterId, restartId), RestartMemo, 'unknown_restart')
    return { restart_id: restartId, ...read }
  }
}
