import { randomUUID } from 'node:crypto'
import { TimeoutFailure, WorkflowFailedError } from '@temporalio/client'
import { z } from 'zod'
import { taskQueueOf, type ClusterId, type HostName } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { DeletionPlan, FoldersAnswer, HostDisk, PathCheck, type StorageQuestion } from '../../domain/storage/question.ts'
import type { LauncherName } from '../../domain/model.ts'
import { workflowTypes, type StorageLookRequest } from '../../workflows/messages.ts'
import { isSilence, type TemporalLink } from './link.ts'

/** Beyond the limit of the looks themselves. */
const limit_ms = 70_000

/** Questions about the hosts' disks, which a worker answers. Whoever asks the same while it is under way gets its answer. All throw `temporal_down`, `worker_down`. */
export class StorageLooks {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  async folders(host: HostName, path: string | null): Promise<FoldersAnswer> {
    return FoldersAnswer.parse(await this.#once({ kind: 'folders', host, path }))
  }

  async localPath(hosts: readonly HostName[], path: string, launcher: LauncherName, limit = limit_ms): Promise<PathCheck[]> {
    return z.array(PathCheck).parse(await this.#once({ kind: 'local_path', hosts, path, launcher }, limit))
  }

  async disk(hosts: readonly HostName[], localPaths: readonly string[]): Promise<HostDisk[]> {
    return z.array(HostDisk).parse(await this.#once({ kind: 'disk', hosts, localPaths }))
  }

  async deletion(host: HostName, repo: string): Promise<DeletionPlan> {
    return DeletionPlan.parse(await this.#once({ kind: 'deletion', host, repo }))
  }

  #once(question: StorageQuestion, limit = limit_ms): Promise<unknown> {
    const key = JSON.stringify(question)
    const known = this.#underWay.get(key)
    if (known !== undefined) return known
    const asked = this.#ask(question, limit).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, asked)
    return asked
  }

  async #ask(question: StorageQuestion, limit: number): Promise<unknown> {
    const type = workflowTypes.storageLook
    const handle = await this.#link.call((client) =>
      client.workflow.start(type, {
        workflowId: `look/${this.#clusterId}/${randomUUID()}`,
        taskQueue: taskQueueOf(this.#clusterId),
        args: [{ question } satisfies StorageLookRequest],
        workflowExecutionTimeout: limit,
      }),
    )
    try {
      return await this.#link.during((client) => client.withDeadline(Date.now() + limit, () => handle.result()))
    } catch (error) {
      if (isSilence(error)) throw new Problem('temporal_down', 'The hosts were not looked at in time', {}, 2)
      if (error instanceof WorkflowFailedError)
        throw new Problem('worker_down', error.cause instanceof TimeoutFailure ? 'No worker took the look' : 'No worker could look', {}, 5)
      throw error
    }
  }
}
