import { z } from 'zod'
import { Cause } from '../errors.ts'
import type { LauncherName } from '../model.ts'
import { HostName } from '../names.ts'

/** What a person asks of the hosts' disks. A worker answers within seconds, changes nothing, and tells trouble as an answer. */
export type StorageQuestion =
  | { readonly kind: 'folders'; readonly host: HostName; readonly path: string | null }
  | { readonly kind: 'local_path'; readonly hosts: readonly HostName[]; readonly path: string; readonly launcher: LauncherName }
  | { readonly kind: 'disk'; readonly hosts: readonly HostName[]; readonly localPaths: readonly string[] }
  | { readonly kind: 'deletion'; readonly host: HostName; readonly repo: string }

const Folder = z.object({
  name: z.string(),
  path: z.string(),
  looks_like_model: z.boolean().meta({ description: 'It has config.json and weights' }),
  weights_bytes: z.int().nullable(),
})

/** A folder of a host with the folders in it. */
export const FolderList = z.object({
  host: HostName,
  path: z.string().nullable().meta({ description: 'null: the folders where local models may lie' }),
  parent: z.string().nullable(),
  looks_like_model: z.boolean(),
  weights_bytes: z.int().nullable(),
  folders: z.array(Folder),
  more: z.boolean().meta({ description: 'There are more than are listed' }),
})
export type FolderList = z.infer<typeof FolderList>

export const FoldersAnswer = z.union([FolderList, z.object({ cause: Cause })])
export type FoldersAnswer = z.infer<typeof FoldersAnswer>

/** `checked` is false where the host could not be asked: `cause` says why, and nothing is known of the path. */
export const PathCheck = z.object({ host: HostName, checked: z.boolean(), cause: Cause.nullable() })
export type PathCheck = z.infer<typeof PathCheck>

export const StoredState = z.enum(['there', 'incomplete', 'missing'])

/** What one host's cache and folders hold. Of a host that could not be asked only the cause. */
export const HostDisk = z.object({
  host: HostName,
  cause: Cause.nullable(),
  cache: z.string(),
  free_bytes: z.int().nullable(),
  size_bytes: z.int().nullable(),
  repos: z.array(z.object({ repo: z.string(), state: StoredState, bytes: z.int().nullable() })),
  local: z.array(z.object({ path: z.string(), bytes: z.int().nullable() })),
})
export type HostDisk = z.infer<typeof HostDisk>

/** What a deletion would take away, or why it would not. */
export const DeletionPlan = z.object({
  host: HostName,
  paths: z.array(z.object({ path: z.string(), bytes: z.int() })).meta({ description: 'The largest files first, 200 at most' }),
  files: z.int(),
  bytes: z.int(),
  cause: Cause.nullable(),
})
export type DeletionPlan = z.infer<typeof DeletionPlan>
