import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostDisk } from './disk.ts'
import { storeFolder, storeLink } from './folders.ts'
import { storeModel } from './seed.ts'

/** How a host looks to a newcomer: with a launcher and some models; as it came out of the box; or as after a year of trying things. */
export const furnishings = ['usual', 'empty', 'messy'] as const
export type Furnishing = (typeof furnishings)[number]

/** What a year leaves on a disk: half downloads, other people's caches, folders that are nearly models, and links that lead away. */
export function makeMess(disk: HostDisk): void {
  const hub = join(disk.home, '.cache/huggingface/hub')
  storeModel(disk, { model: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8', complete: true, bytes: 31_000_000_000 })
  storeModel(disk, { model: 'zai-org/GLM-4.5-Air-FP8', complete: false, bytes: 105_000_000_000 })
  for (const dir of [
    'datasets--HuggingFaceFW--fineweb/blobs',
    'models--/blobs',
    'models--no-slash/refs',
    '.locks/models--Qwen--Qwen3',
    'models--gone--away/snapshots/0000',
  ])
    mkdirSync(join(hub, dir), { recursive: true })
  linkOnce('../../blobs/not-there', join(hub, 'models--gone--away/snapshots/0000/config.json'))
  writeFileSync(join(hub, 'version.txt'), '1\n')
  storeFolder(disk, '/models/house-llama-3.1-8b', 'fine_tune')
  storeFolder(disk, '~/tunes/my best tune', 'fine_tune')
  storeFolder(disk, '/models/only-config', 'no_weights')
  storeFolder(disk, '/models/only-weights', 'no_config')
  storeFolder(disk, '/models/half-copied', 'shard_missing')
  storeFolder(disk, '/models/lora', 'adapter')
  storeFolder(disk, '/models/llama-gguf', 'gguf')
  storeFolder(disk, '/models/broken', 'broken_config')
  storeLink(disk, '/models/leads-out', '/usr')
  storeLink(disk, '/models/leads-on', '/models/house-llama-3.1-8b')
  storeLink(disk, '/models/leads-nowhere', '/models/was-here-once')
  writeFileSync(join(disk.path('/models'), 'a-file'), 'not a folder\n')
  mkdirSync(join(disk.home, 'spark-vllm-docker.old'), { recursive: true })
  writeFileSync(join(disk.home, 'spark-vllm-docker.old', 'launch-cluster.sh'), '#!/bin/bash\necho "old and broken" >&2\nexit 3\n', { mode: 0o755 })
}

/** Containers that somebody started by hand, each as the words after `docker run`. `port` is where the model serves. */
export function handMade(home: string, port: number): string[][] {
  const cache = ['-v', `${home}/.cache/huggingface:/root/.cache/huggingface`]
  return [
    [
      ...['-d', '--name', 'vllm-gemma4', '--gpus', 'all', '--ipc', 'host', '-p', `${String(port)}:8000`, ...cache, '--restart', 'unless-stopped'],
      ...[
        '--shm-size',
        '16g',
        '--ulimit',
        'memlock=-1',
        '-e',
        'HF_TOKEN=hf_not_a_real_token',
        '-e',
        'VLLM_LOGGING_LEVEL=INFO',
        '--label',
        'note=a = b, c',
      ],
      ...[
        'vllm/vllm-openai',
        'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8',
        '--served-model-name',
        'gemma4',
        '--gpu-memory-utilization',
        '0.3',
        '--max-model-len',
        '32k',
      ],
    ],
    ['-d', '--name', 'open-webui', '-v', 'open-webui:/app/backend/data', 'vllm-node', 'sleep', 'infinity'],
    ['-d', '--name', 'finished', 'vllm-node', 'sh', '-c', 'exit 3'],
  ]
}

function linkOnce(target: string, at: string): void {
  try {
    symlinkSync(target, at)
  } catch {
    // of an earlier start
  }
}
