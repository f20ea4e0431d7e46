import { z } from 'zod'
import { Cause } from '../errors.ts'
import { HostName, ModelKey, Rfc3339, type ClusterId } from '../names.ts'
import type { Model } from '../model.ts'
import { DeletionPlan, HostDisk, StoredState } from './question.ts'

/** What one host has of one model. */
const ModelOnDisk = z.object({
  host: HostName,
  cause: Cause.nullable().meta({ description: 'Why the host could not be asked; then nothing else is known' }),
  path: z.string().nullable(),
  state: StoredState.nullable(),
  bytes: z.int().nullable(),
  free_bytes: z.int().nullable(),
})

export const ModelDisk = z.object({
  model: ModelKey,
  repo: z.string().nullable(),
  local_path: z.string().nullable(),
  local: z.boolean().meta({ description: 'Its files are the owner’s: they are never deleted from here' }),
  hosts: z.array(ModelOnDisk),
})
export type ModelDisk = z.infer<typeof ModelDisk>

const Stored = z.object({
  repo: z.string().nullable(),
  local_path: z.string().nullable(),
  models: z.array(ModelKey).meta({ description: 'Models of the catalog that it is the weights of; empty for what only lies there' }),
  state: StoredState,
  bytes: z.int().nullable(),
})
const DiskOfHost = HostDisk.pick({ host: true, cause: true, cache: true, free_bytes: true, size_bytes: true }).extend({ stored: z.array(Stored) })

export const Disks = z.object({ hosts: z.array(DiskOfHost) })
export type Disks = z.infer<typeof Disks>

type Weights = Pick<Model, 'key' | 'repo' | 'local_path'>

/** One model on all hosts. */
export const modelDisk = (model: Weights, hosts: readonly HostDisk[], folderOf: (repo: string) => string): ModelDisk => ({
  model: model.key,
  repo: model.repo,
  local_path: model.local_path,
  local: model.local_path !== null,
  hosts: hosts.map(({ host, cause, cache, free_bytes, repos, local }) => {
    if (cause !== null) return { host, cause, path: null, state: null, bytes: null, free_bytes: null }
    if (model.repo === null) {
      const folder = local.find(({ path }) => path === model.local_path)
      return { host, cause, path: model.local_path, state: folder === undefined ? 'missing' : 'there', bytes: folder?.bytes ?? null, free_bytes }
    }
    const stored = repos.find(({ repo }) => repo === model.repo)
    const path = `${cache}/hub/${folderOf(model.repo)}`
    return { host, cause, path, state: stored?.state ?? 'missing', bytes: stored?.bytes ?? null, free_bytes }
  }),
})

/** All hosts with all that lies there, the largest first. */
export const disks = (models: readonly Weights[], hosts: readonly HostDisk[]): Disks => ({
  hosts: hosts.map(({ repos, local, ...host }) => ({
    ...host,
    stored: [
      ...repos.map(({ repo, state, bytes }) => ({ repo, local_path: null, models: keysOf(models, (one) => one.repo === repo), state, bytes })),
      ...local.map(({ path, bytes }) => ({
        ...{ repo: null, local_path: path, models: keysOf(models, (one) => one.local_path === path) },
        ...{ state: 'there' as const, bytes },
      })),
    ].toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0)),
  })),
})

const keysOf = (models: readonly Weights[], is: (model: Weights) => boolean): string[] => models.filter(is).map(({ key }) => key)

export const DeletionId = z.string().regex(/^[0-9a-f-]{32,36}$/, 'a deletion id')

/** A deletion: a host operation of its own (ARBITER.md G1). */
export const DiskDeletion = z.object({
  deletion_id: DeletionId,
  model: ModelKey,
  repo: z.string(),
  host: HostName,
  state: z.enum(['running', 'ok', 'failed']),
  detail: z.string().nullable().meta({ description: 'How it ended' }),
  started_at: Rfc3339,
  ended_at: Rfc3339.nullable(),
})
export type DiskDeletion = z.infer<typeof DiskDeletion>

/** What a deletion's workflow carries beside its history, so that it can be read without a worker. */
export const DeletionMemo = DiskDeletion.pick({ model: true, repo: true, host: true })
export type DeletionMemo = z.infer<typeof DeletionMemo>

export const deletionWorkflowId = (clusterId: ClusterId, id: string): string => `delete/${clusterId}/${id}`

/** The answer of a dry run: what would go, and what speaks against it. */
export const DeletionReport = DeletionPlan.extend({
  dry_run: z.literal(true),
  model: ModelKey,
  repo: z.string(),
  also_used_by: z.array(ModelKey).meta({ description: 'Other models of the catalog with the same weights' }),
})
export type DeletionReport = z.infer<typeof DeletionReport>

interface Users {
  readonly deployments: readonly {
    readonly model: string | null
    readonly hosts: readonly HostName[]
    readonly snapshot: Pick<Model, 'repo'> | null
  }[]
  readonly active: readonly { readonly model: string | null; readonly affectedHosts: readonly HostName[] }[]
  readonly queue: readonly { readonly model: string | null; readonly hosts: readonly HostName[] }[]
}

/** Who relies on a repository's weights on a host now, in words; null where nobody does. By what was launched, and by what the catalog says of a key. */
export function usedThere(repo: string, host: HostName, users: Users, repoOf: (key: string) => string | null): string | null {
  const isIt = (key: string | null): boolean => key !== null && repoOf(key) === repo
  const loaded = users.deployments.find((one) => one.hosts.includes(host) && (one.snapshot?.repo === repo || isIt(one.model)))
  if (loaded !== undefined) return `${loaded.model ?? repo} is loaded on ${host}`
  const unknown = users.deployments.find((one) => one.hosts.includes(host) && one.model === null && one.snapshot === null)
  if (unknown !== undefined) return `It is not known what is loaded on ${host}`
  const swap =
    users.active.find((one) => one.affectedHosts.includes(host) && isIt(one.model)) ??
    users.queue.find((one) => one.hosts.includes(host) && isIt(one.model))
  return swap === undefined ? null : `A swap to ${swap.model ?? ''} on ${host} is under way`
}
