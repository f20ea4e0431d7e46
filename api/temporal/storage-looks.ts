import { z } from 'zod'
import type { ClusterId, HostName } from '../../domain/names.ts'
import { DeletionPlan, FoldersAnswer, HostDisk, PathCheck, type StorageQuestion } from '../../domain/storage/question.ts'
import type { LauncherName } from '../../domain/model.ts'
import { workflowTypes, type StorageLookRequest } from '../../workflows/messages.ts'
import type { TemporalLink } from './link.ts'
import { WorkerQuestions } from './worker-questions.ts'

/** Beyond the limit of the looks themselves. */
const limit_ms = 70_000
const words = { late: 'The hosts were not looked at in time', noWorker: 'No worker took the look', failed: 'No worker could look' }

/** Questions about the hosts' disks, which a worker answers. Whoever asks the same while it is under way gets its answer. All throw `temporal_down`, `worker_down`. */
export class StorageLooks {
  readonly #questions: WorkerQuestions

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#questions = new WorkerQuestions(link, clusterId, words)
  }

  async folders(host: HostName, path: string | null): Promise<FoldersAnswer> {
    return FoldersAnswer.parse(await this.#ask({ kind: 'folders', host, path }))
  }

  async localPath(hosts: readonly HostName[], path: string, launcher: LauncherName, limit = limit_ms): Promise<PathCheck[]> {
    return z.array(PathCheck).parse(await this.#ask({ kind: 'local_path', hosts, path, launcher }, limit))
  }

  async disk(hosts: readonly HostName[], localPaths: readonly string[]): Promise<HostDisk[]> {
    return z.array(HostDisk).parse(await this.#ask({ kind: 'disk', hosts, localPaths }))
  }

  async deletion(host: HostName, repo: string): Promise<DeletionPlan> {
    return DeletionPlan.parse(await this.#ask({ kind: 'deletion', host, repo }))
  }

  #ask(question: StorageQuestion, limit = limit_ms): Promise<unknown> {
    const argument = { question } satisfies StorageLookRequest
    return this.#questions.ask({ key: JSON.stringify(question), type: workflowTypes.storageLook, prefix: 'look', argument, limit_ms: limit })
  }
}
