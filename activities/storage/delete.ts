import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { failed, ok, type RunEnd } from '../../domain/managed/run-end.ts'
import { gib } from '../../domain/memory.ts'
import type { ClusterId, HostName } from '../../domain/names.ts'
import { deletionArgv, deletionExits, planProbe, readPlan } from '../../domain/storage/deletion.ts'
import { usedThere } from '../../domain/storage/disk.ts'
import { fillingDir } from '../../domain/storage/download-job.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { withFailures } from '../failure.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { viewOf } from '../managed/gate.ts'
import { printed, whole } from './host-work.ts'

export interface DeletionJob {
  readonly clusterId: ClusterId
  readonly host: HostName
  readonly repo: string
  readonly fence: number
}

/** What was taken away. */
export interface DeletionEnd extends RunEnd {
  readonly bytes: number
}

const deleteLimitS = 900

export const createDeletionActivities = (deps: DepsWithArbiter) => ({
  /** Deletes a repository from a host's cache under the claim's fence, and proves that it is gone. Safe to repeat. */
  deleteWeights: (job: DeletionJob): Promise<DeletionEnd> =>
    withHeartbeats(
      () => heartbeat(),
      () => withFailures(() => remove(deps, job)),
    ),
})

async function remove(deps: DepsWithArbiter, { clusterId, host, repo, fence }: DeletionJob): Promise<DeletionEnd> {
  const { hosts, config } = deps
  const state = config.read()
  const repoOf = (key: string): string | null => (state.kind === 'ready' ? (state.models.get(key)?.repo ?? null) : null)
  // Under the claim no swap begins here: what is seen now stays so.
  const used = usedThere(repo, host, await viewOf(deps, clusterId), repoOf)
  if (used !== null) return { ...failed(used), bytes: 0 }
  const at = hosts.host(host)
  const look = async () => whole(host, readPlan(host, repo, await printed(hosts, host, planProbe(at.hfCache, repo))))
  const before = await look()
  const mark = { clusterId, fence, step: 1, attempt: activityInfo().attempt }
  const argv = deletionArgv(at.hfCache, repo, fillingDir(at, repo))
  const exit = await hosts.change(host, mark, argv, { limit_s: deleteLimitS, signal: cancellationSignal() })
  const { cause } = await look()
  if (cause?.code === 'weights_missing')
    return { ...ok(`${String(before.files)} files of ${repo} are gone from ${host}: ${gib(before.bytes)}`), bytes: before.bytes }
  return { ...failed(reason(exit.kind === 'exited' ? exit.code : null, cause?.message ?? exit.stderr.trim().slice(0, 300), repo, host)), bytes: 0 }
}

function reason(code: number | null, words: string, repo: string, host: HostName): string {
  if (code === deletionExits.running) return `${repo} is being downloaded or copied to ${host}`
  if (code === deletionExits.linked) return words
  return `${repo} could not be deleted from ${host}${words === '' ? '' : `: ${words}`}`
}
