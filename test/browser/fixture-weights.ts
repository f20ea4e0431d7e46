import type { DownloadControl, StorageControl } from '../../api/deps.ts'
import { Problem } from '../../domain/problem.ts'
import type { DiskDeletion } from '../../domain/storage/disk.ts'
import { now } from '../views/fixtures.ts'
import type { Ask, FixtureState } from './fixture-control.ts'

export const downloads = (state: FixtureState, ask: Ask): DownloadControl => {
  const [first] = state.downloads
  const found = () => (first === undefined ? Promise.reject(new Problem('unknown_download')) : Promise.resolve(first))
  return {
    start(key, body) {
      ask('download', { key, body })
      return Promise.resolve({ downloads: state.downloads.map((download) => ({ ...download, joined: false })) })
    },
    list: () => Promise.resolve({ downloads: [...state.downloads] }),
    read: found,
    cancel(id) {
      ask('cancel_download', { id })
      return found()
    },
  }
}

const deletion: DiskDeletion = {
  ...{ deletion_id: '5f0c1f6e-8a86-4a3b-9f57-7d1f3a2b4c5d', model: 'qwen3-30b', repo: 'Qwen/Qwen3-30B-A3B', host: 'spark-1' },
  ...{ state: 'ok', detail: '56.9 GiB are free again', started_at: now, ended_at: now },
}

/** A host with two folders, one of them a model. */
export const storage = (_state: FixtureState, ask: Ask): StorageControl => ({
  folders(host, path) {
    const roots = path === null
    return path === '/secret'
      ? Promise.reject(new Problem('invalid_request', '/secret lies outside of /models'))
      : Promise.resolve({
          ...{ host, path, parent: roots ? null : path.slice(0, path.lastIndexOf('/')) || null },
          ...{ looks_like_model: path === '/models/ten31', weights_bytes: path === '/models/ten31' ? 15 * 2 ** 30 : null, more: false },
          folders: roots
            ? [{ name: '/models', path: '/models', looks_like_model: false, weights_bytes: null }]
            : [
                { name: 'ten31', path: '/models/ten31', looks_like_model: true, weights_bytes: 15 * 2 ** 30 },
                { name: 'rest', path: '/models/rest', looks_like_model: false, weights_bytes: null },
              ],
        })
  },
  disk: () =>
    Promise.resolve({
      hosts: [
        {
          ...{ host: 'spark-1', cause: null, cache: '~/.cache/huggingface', free_bytes: 2 ** 40, size_bytes: 2 ** 42 },
          stored: [{ repo: 'Qwen/Qwen3-30B-A3B', local_path: null, models: ['qwen3-30b'], state: 'there', bytes: 57 * 2 ** 30 }],
        },
      ],
    }),
  modelDisk: (key) =>
    Promise.resolve({
      ...{ model: key, repo: 'Qwen/Qwen3-30B-A3B', local_path: null, local: false },
      hosts: [
        { host: 'spark-1', cause: null, path: '/cache/models--Qwen', state: 'there', bytes: 57 * 2 ** 30, free_bytes: 2 ** 40 },
        { host: 'spark-2', cause: null, path: '/cache/models--Qwen', state: 'missing', bytes: null, free_bytes: 2 ** 40 },
      ],
    }),
  planDeletion: (key, host) =>
    Promise.resolve({
      ...{ dry_run: true, model: key, repo: 'Qwen/Qwen3-30B-A3B', host, files: 3, bytes: 57 * 2 ** 30, cause: null, also_used_by: ['twin'] },
      paths: [{ path: '/cache/models--Qwen/blobs/0123456789abcdef', bytes: 30 * 2 ** 30 }],
    }),
  delete(key, host, caller) {
    ask('delete_weights', { key, host, by: caller.name })
    return Promise.resolve(deletion)
  },
  readDeletion: () => Promise.resolve(deletion),
})
