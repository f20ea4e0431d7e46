import { randomUUID } from 'node:crypto'
import type { ConfigSource } from '../../config/load.ts'
import { Problem } from '../../domain/problem.ts'
import { deletionWorkflowId, disks, modelDisk, usedThere, type DeletionReport, type DiskDeletion } from '../../domain/storage/disk.ts'
import { repoFolder } from '../../domain/storage/hub-cache.ts'
import { actorOf, nameless } from '../caller.ts'
import type { Caller, StorageControl } from '../deps.ts'
import { sha256 } from '../secrets.ts'
import { hostsOf, modelOf, ready } from './catalog.ts'
import type { ClusterLink } from './cluster-link.ts'
import { listFolders } from './folders.ts'
import { refusalOf } from './refused.ts'

/** Most deletions are over by then: the answer tells how. */
const wait_ms = 15_000

/** What the hosts' disks hold, and what a person may take away from them. */
export function createStorage(links: () => ClusterLink, config: ConfigSource): StorageControl {
  const localPaths = (models: Iterable<{ local_path: string | null }>): string[] => [...models].flatMap(({ local_path }) => local_path ?? [])

  /** Throws `local_model`. */
  const deletable = (key: string, name: string) => {
    const state = ready(config)
    const model = modelOf(state, key)
    if (model.repo === null) throw new Problem('local_model', `${key} lies in ${model.local_path ?? ''}: nothing is deleted there from here`)
    const [host = name] = hostsOf(state.cluster, [name])
    const { repo } = model
    const also = [...state.models.values()].filter((one) => one.repo === repo && one.key !== key).map((one) => one.key)
    return { repo, host, also, repoOf: (other: string) => state.models.get(other)?.repo ?? null }
  }

  return {
    folders: (host, path) => listFolders(links, config, host, path),

    async disk() {
      const { cluster, models } = ready(config)
      const hosts = await links().storageLooks.disk(namesOf(cluster), localPaths(models.values()))
      return disks([...models.values()], hosts)
    },

    async modelDisk(key) {
      const state = ready(config)
      const model = modelOf(state, key)
      return modelDisk(model, await links().storageLooks.disk(namesOf(state.cluster), localPaths([model])), repoFolder)
    },

    async planDeletion(key, name): Promise<DeletionReport> {
      const { repo, host, also, repoOf } = deletable(key, name)
      const { arbiter, storageLooks } = links()
      const used = usedThere(repo, host, await arbiter.view(), repoOf)
      if (used !== null) throw new Problem('model_in_use', used)
      return { dry_run: true, model: key, repo, also_used_by: also, ...(await storageLooks.deletion(host, repo)) }
    },

    async delete(key, name, caller): Promise<DiskDeletion> {
      const { repo, host, repoOf } = deletable(key, name)
      const link = links()
      const used = usedThere(repo, host, await link.arbiter.view(), repoOf)
      if (used !== null) throw new Problem('model_in_use', used)
      const busy = (await link.downloads.list()).find((one) => one.state === 'running' && one.repo === repo && isOn(one, host))
      if (busy !== undefined) throw new Problem('download_running', `${busy.download_id} is under way`, { download_id: busy.download_id })
      return await remove(link, { model: key, repo, host }, caller)
    },

    readDeletion: async (id) => await links().deletions.read(id),
  }
}

const namesOf = ({ hosts }: { hosts: readonly { name: string }[] }): string[] => hosts.map(({ name }) => name)
const isOn = ({ host, copies }: { host: string; copies: readonly { host: string }[] }, wanted: string): boolean =>
  host === wanted || copies.some((copy) => copy.host === wanted)

/** The gate first, as for every change to a host (ARBITER.md G1); then the workflow, whose end frees the host whatever becomes of this process. */
async function remove(link: ClusterLink, about: { model: string; repo: string; host: string }, caller: Caller): Promise<DiskDeletion> {
  const { arbiter, deletions, clusterId } = link
  const { model, repo, host } = about
  const key = caller.idempotencyKey
  const claimId = key === null ? randomUUID() : sha256(`${clusterId}\ndelete\n${repo}\n${host}\n${key}`).slice(0, 32)
  const by = actorOf(caller)
  const answer = await arbiter.ask({
    ...{ type: 'claim', claimId, workflowId: deletionWorkflowId(clusterId, claimId), hosts: [host], by },
    holder: caller.name ?? nameless,
    purpose: `delete the weights of ${model}`,
    tokenHash: caller.lockToken === null ? null : sha256(caller.lockToken),
  })
  if (answer.kind !== 'claimed') throw refusalOf(answer, arbiter)
  try {
    await deletions.start(about, { clusterId, ...about, claimId, fence: answer.fence, by })
  } catch (error) {
    await arbiter.ask({ type: 'end_claim', claimId, by }).catch(() => undefined) // else the arbiter's watch finds that nothing came
    throw error
  }
  await deletions.waitFor(claimId, wait_ms)
  return await deletions.read(claimId)
}
