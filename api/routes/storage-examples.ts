import type { DeletionReport, Disks, DiskDeletion, ModelDisk } from '../../domain/storage/disk.ts'
import type { Download } from '../../domain/storage/download.ts'
import type { FolderList } from '../../domain/storage/question.ts'
import { problemExample } from '../route.ts'

export const downloading: Download = {
  download_id: 'spark-1~Qwen--Qwen3-30B-A3B',
  model: 'qwen3-30b',
  repo: 'Qwen/Qwen3-30B-A3B',
  host: 'spark-1',
  copies: [{ host: 'spark-2', state: 'pending', bytes: null }],
  state: 'running',
  outcome: null,
  phase: 'fetch',
  bytes: 24_117_248_000,
  total_bytes: 61_084_672_310,
  bytes_per_s: 83_886_080,
  still_since: null,
  tool: 'hf',
  detail: null,
  cause: null,
  holder: 'dashboard',
  started_at: '2026-11-24T22:00:01.377Z',
  ended_at: null,
}

export const folders: FolderList = {
  host: 'spark-1',
  path: '/models',
  parent: null,
  looks_like_model: false,
  weights_bytes: null,
  folders: [
    { name: 'my-tune', path: '/models/my-tune', looks_like_model: true, weights_bytes: 16_060_522_496 },
    { name: 'raw', path: '/models/raw', looks_like_model: false, weights_bytes: null },
  ],
  more: false,
}

export const modelOnDisk: ModelDisk = {
  model: 'qwen3-30b',
  repo: 'Qwen/Qwen3-30B-A3B',
  local_path: null,
  local: false,
  hosts: [
    {
      ...{ host: 'spark-1', cause: null, path: '~/.cache/huggingface/hub/models--Qwen--Qwen3-30B-A3B' },
      ...{ state: 'there', bytes: 61_084_672_310, free_bytes: 1_200_000_000_000 },
    },
  ],
}

export const allDisks: Disks = {
  hosts: [
    {
      ...{ host: 'spark-1', cause: null, cache: '~/.cache/huggingface', free_bytes: 1_200_000_000_000, size_bytes: 3_800_000_000_000 },
      stored: [{ repo: 'Qwen/Qwen3-30B-A3B', local_path: null, models: ['qwen3-30b'], state: 'there', bytes: 61_084_672_310 }],
    },
  ],
}

export const deletionReport: DeletionReport = {
  dry_run: true,
  model: 'qwen3-30b',
  repo: 'Qwen/Qwen3-30B-A3B',
  host: 'spark-1',
  paths: [{ path: '/home/spark/.cache/huggingface/hub/models--Qwen--Qwen3-30B-A3B/blobs/4f1d…', bytes: 3_999_974_192 }],
  files: 24,
  bytes: 61_084_672_310,
  cause: null,
  also_used_by: [],
}

export const deleted: DiskDeletion = {
  deletion_id: '5f0c1f6e-8a86-4a3b-9f57-7d1f3a2b4c5d',
  model: 'qwen3-30b',
  repo: 'Qwen/Qwen3-30B-A3B',
  host: 'spark-1',
  state: 'ok',
  detail: '24 files of Qwen/Qwen3-30B-A3B are gone from spark-1: 56.9 GiB',
  started_at: '2026-11-24T22:00:01.377Z',
  ended_at: '2026-11-24T22:00:02.511Z',
}

export const inUse = problemExample('model_in_use', 'qwen3-30b is loaded on spark-1')
export const localModel = problemExample('local_model', 'my-tune lies in /models/my-tune: nothing is deleted there from here')
export const outside = problemExample('local_path_outside', '/etc on spark-1 lies outside of ~, /models')
export const unknownDownload = problemExample('unknown_download', 'No download spark-1~Qwen--Qwen3-30B is known')
