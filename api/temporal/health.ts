import { randomUUID } from 'node:crypto'
import { TimeoutFailure, WorkflowFailedError } from '@temporalio/client'
import { ConnectivityReport } from '../../domain/connectivity.ts'
import { taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { DeepReport } from '../../domain/services/deep-report.ts'
import { workflowTypes, type HealthRequest } from '../../workflows/messages.ts'
import { isSilence, type TemporalLink } from './link.ts'

/** Beyond the limit of the questions themselves. */
const limit_ms = 70_000

/** Questions that a worker answers for a person. Whoever asks while one is under way gets its answer: a crowd costs one. */
export class Health {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  /** Throws `temporal_down`, `worker_down`. */
  async deep(): Promise<DeepReport> {
    return DeepReport.parse(await this.#once(workflowTypes.deepHealth))
  }

  /** The same. */
  async connectivity(): Promise<ConnectivityReport> {
    return ConnectivityReport.parse(await this.#once(workflowTypes.connectivity))
  }

  #once(type: string): Promise<unknown> {
    const known = this.#underWay.get(type)
    if (known !== undefined) return known
    const asked = this.#ask(type).finally(() => this.#underWay.delete(type))
    this.#underWay.set(type, asked)
    return asked
  }

  async #ask(type: string): Promise<unknown> {
    const handle = await this.#link.call((client) =>
      client.workflow.start(type, {
        workflowId: `${type}/${this.#clusterId}/${randomUUID()}`,
        taskQueue: taskQueueOf(this.#clusterId),
        args: [{ clusterId: this.#clusterId } satisfies HealthRequest],
        workflowExecutionTimeout: limit_ms,
      }),
    )
    try {
      return await this.#link.during((client) => client.withDeadline(Date.now() + limit_ms, () => handle.result()))
    } catch (error) {
      if (isSilence(error)) throw new Problem('temporal_down', 'The questions were not answered in time', {}, 2)
      if (error instanceof WorkflowFailedError) throw notAnswered(error)
      throw error
    }
  }
}

const notAnswered = (error: WorkflowFailedError): Problem =>
  new Problem('worker_down', error.cause instanceof TimeoutFailure ? 'No worker took the questions' : 'No worker could ask the questions', {}, 5)
