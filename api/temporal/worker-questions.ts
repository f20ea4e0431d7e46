import { randomUUID } from 'node:crypto'
import { TimeoutFailure, WorkflowFailedError } from '@temporalio/client'
import { taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { isSilence, type TemporalLink } from './link.ts'

/** What a person is told when there is no answer. */
interface Silence {
  readonly late: string
  readonly noWorker: string
  readonly failed: string
}

interface Question {
  /** Whoever asks the same while it is under way gets its answer: a crowd costs one. */
  readonly key: string
  readonly type: string
  /** Before the cluster's id in the workflow's. */
  readonly prefix: string
  readonly argument: object
  readonly limit_ms: number
}

/** Questions that a worker answers for a person, each by a short workflow. */
export class WorkerQuestions {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId
  readonly #words: Silence
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(link: TemporalLink, clusterId: ClusterId, words: Silence) {
    this.#link = link
    this.#clusterId = clusterId
    this.#words = words
  }

  /** Throws `temporal_down`, `worker_down`. */
  ask(question: Question): Promise<unknown> {
    const known = this.#underWay.get(question.key)
    if (known !== undefined) return known
    const asked = this.#ask(question).finally(() => this.#underWay.delete(question.key))
    this.#underWay.set(question.key, asked)
    return asked
  }

  async #ask({ type, prefix, argument, limit_ms }: Question): Promise<unknown> {
    const handle = await this.#link.call((client) =>
      client.workflow.start(type, {
        workflowId: `${prefix}/${this.#clusterId}/${randomUUID()}`,
        taskQueue: taskQueueOf(this.#clusterId),
        args: [argument],
        workflowExecutionTimeout: limit_ms,
      }),
    )
    try {
      return await this.#link.during((client) => client.withDeadline(Date.now() + limit_ms, () => handle.result()))
    } catch (error) {
      if (isSilence(error)) throw new Problem('temporal_down', this.#words.late, {}, 2)
      if (error instanceof WorkflowFailedError)
        throw new Problem('worker_down', error.cause instanceof TimeoutFailure ? this.#words.noWorker : this.#words.failed, {}, 5)
      throw error
    }
  }
}
