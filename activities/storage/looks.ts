import { posix } from 'node:path'
import { cancellationSignal } from '@temporalio/activity'
import { causeOf } from '../../domain/errors.ts'
import { onHost } from '../../domain/host-facts.ts'
import type { HostName } from '../../domain/names.ts'
import { planProbe, readPlan } from '../../domain/storage/deletion.ts'
import { folderProbe, listProbe, readFolderLook, readListing, type FolderListing } from '../../domain/storage/folder-look.ts'
import { cacheProbe, readCacheLook } from '../../domain/storage/hub-cache.ts'
import { folderTrouble, modelTrouble } from '../../domain/storage/local-path.ts'
import type { DeletionPlan, FolderList, FoldersAnswer, HostDisk, PathCheck, StorageQuestion } from '../../domain/storage/question.ts'
import { causeOfHostError, withFailures } from '../failure.ts'
import { HostError, type Hosts } from '../hosts.ts'
import { printed, whole } from './host-work.ts'

/** Of caches with thousands of files on a disk that sleeps. */
const diskLimitS = 40
const folderLimitS = 15

type Question<K extends StorageQuestion['kind']> = Extract<StorageQuestion, { kind: K }>

/** What hosts have on their disks, for a person who asked. Nothing is changed, and trouble with a host is an answer. */
export const createStorageLooks = ({ hosts }: { readonly hosts: Hosts }) => ({
  askStorage: (question: StorageQuestion): Promise<FoldersAnswer | PathCheck[] | HostDisk[] | DeletionPlan> =>
    withFailures(() => answer(hosts, question)),
})

function answer(hosts: Hosts, question: StorageQuestion): Promise<FoldersAnswer | PathCheck[] | HostDisk[] | DeletionPlan> {
  switch (question.kind) {
    case 'folders':
      return folders(hosts, question).catch(asCause((cause) => ({ cause })))
    case 'local_path':
      return Promise.all(question.hosts.map((host) => checkPath(hosts, host, question)))
    case 'disk':
      return Promise.all(question.hosts.map((host) => disk(hosts, host, question)))
    case 'deletion':
      return deletionPlan(hosts, question).catch(asCause((cause) => ({ host: question.host, paths: [], files: 0, bytes: 0, cause })))
  }
}

/** Makes an answer of trouble with a host; a cancel stays one. */
const asCause =
  <T>(make: (cause: ReturnType<typeof causeOf>) => T) =>
  (error: unknown): T => {
    if (!(error instanceof HostError) || cancellationSignal().aborted) throw error
    return make(causeOfHostError(error))
  }

async function folders(hosts: Hosts, { host, path }: Question<'folders'>): Promise<FoldersAnswer> {
  const { modelRoots } = hosts.host(host)
  if (path === null) {
    const found = await Promise.all(modelRoots.map(async (root) => ({ root, listing: await list(hosts, host, root) })))
    const roots = found.flatMap(({ root, listing }) => (listing.state === 'folder' ? [{ ...seen(listing.self), name: root, path: listing.at }] : []))
    return { host, path: null, parent: null, looks_like_model: false, weights_bytes: null, folders: roots, more: false }
  }
  const listing = await list(hosts, host, path)
  if (listing.state !== 'folder') return { cause: folderTrouble(host, path, listing, modelRoots) ?? causeOf('unexpected') }
  const at = trimmed(listing.at)
  const within = listing.folders.map((one) => ({ ...seen(one), name: one.name, path: posix.join(at, one.name) }))
  const parent = modelRoots.some((root) => trimmed(onHost(root, listing.home)) === at) || at === '/' ? null : posix.dirname(at)
  return { host, path: at, parent, ...seen(listing.self), folders: within, more: listing.more }
}

const trimmed = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path)

const seen = ({
  looksLikeModel,
  bytes,
}: {
  looksLikeModel: boolean
  bytes: number | null
}): Pick<FolderList, 'looks_like_model' | 'weights_bytes'> => ({
  looks_like_model: looksLikeModel,
  weights_bytes: bytes,
})

async function list(hosts: Hosts, host: HostName, path: string): Promise<FolderListing> {
  return whole(host, readListing(await printed(hosts, host, listProbe(path, hosts.host(host).modelRoots), { limit_s: folderLimitS })))
}

async function checkPath(hosts: Hosts, host: HostName, { path, launcher }: Question<'local_path'>): Promise<PathCheck> {
  try {
    const { modelRoots } = hosts.host(host)
    const look = whole(host, readFolderLook(await printed(hosts, host, folderProbe(path, modelRoots), { limit_s: folderLimitS })))
    return { host, checked: true, cause: modelTrouble(host, path, look, modelRoots, launcher) }
  } catch (error) {
    return asCause((cause) => ({ host, checked: false, cause }))(error)
  }
}

async function disk(hosts: Hosts, host: HostName, { localPaths }: Question<'disk'>): Promise<HostDisk> {
  const unknown = { free_bytes: null, size_bytes: null, repos: [], local: [] }
  try {
    const { hfCache } = hosts.host(host)
    const look = whole(host, readCacheLook(await printed(hosts, host, cacheProbe(hfCache, localPaths), { limit_s: diskLimitS })))
    const local = [...look.local].map(([path, bytes]) => ({ path, bytes }))
    return { host, cause: null, cache: hfCache, free_bytes: look.freeBytes, size_bytes: look.sizeBytes, repos: [...look.repos], local }
  } catch (error) {
    return asCause((cause) => ({ host, cause, cache: '', ...unknown }))(error)
  }
}

async function deletionPlan(hosts: Hosts, { host, repo }: Question<'deletion'>): Promise<DeletionPlan> {
  const { hfCache } = hosts.host(host)
  return whole(host, readPlan(host, repo, await printed(hosts, host, planProbe(hfCache, repo), { limit_s: diskLimitS })))
}
