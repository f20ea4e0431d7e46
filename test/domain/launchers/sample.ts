import type { Host } from '../../../domain/cluster.ts'
import type { LaunchMark } from '../../../domain/launchers/launch-mark.ts'
import type { LauncherFeatures } from '../../../domain/launchers/features.ts'
import { soloJob, type LaunchJob } from '../../../domain/launchers/launcher.ts'
import { Model } from '../../../domain/model.ts'

export const spark1: Host = {
  name: 'spark-1',
  address: '10.0.0.11',
  port: 22,
  user: 'spark',
  vllmPort: 8888,
  stateDir: '/var/lib/spark-control',
  launcherDir: '~/spark-vllm-docker',
  hfCache: '~/.cache/huggingface',
  container: null,
  extraDockerArgs: null,
  fabricAddress: null,
  ethIf: null,
  ibIf: null,
  modelRoots: ['~'],
}
const mark: LaunchMark = { cluster: 'home', swap: 'swap-1', fence: 7, step: 2, attempt: 1, model: 'qwen3' }

export const modelWith = (change: Partial<Model> = {}): Model =>
  Model.parse({
    key: 'qwen3',
    name: 'Qwen 3',
    repo: 'Qwen/Qwen3-8B',
    local_path: null,
    local: false,
    launcher: 'docker',
    image: 'vllm-node',
    container: 'vllm_node',
    placement: ['spark-1'],
    served_name: 'qwen3',
    knobs: {},
    env: {},
    memory_gib: null,
    weights_gib: null,
    checks: [],
    launch_s: 600,
    launch_stall_s: 120,
    notes: null,
    source: null,
    ...change,
  })

export const jobWith = (model: Partial<Model> = {}, more: Partial<Parameters<typeof soloJob>[0]> = {}): LaunchJob =>
  soloJob({ model: modelWith(model), host: spark1, home: '/home/spark', mark, extraDockerArgs: '', ...more })

export const spark2: Host = { ...spark1, name: 'spark-2', address: '10.0.0.12' }
const linked = { ethIf: 'enp1s0f1np1', ibIf: 'rocep1s0f1,roceP2p1s0f1' }

/** A launch on two hosts with the fast link between them; the command is the one of `rank`. */
export const pairWith = (
  model: Partial<Model> = {},
  rank = 0,
  more: Partial<LaunchJob> & { readonly features?: LauncherFeatures } = {},
): LaunchJob => {
  const { features = null, ...rest } = more
  const [a, b] = [
    { ...spark1, ...linked, fabricAddress: '192.168.177.11' },
    { ...spark2, ...linked, fabricAddress: '192.168.177.12' },
  ]
  const nodes = [a, b].map((host) => ({ host, home: '/home/spark', features }))
  return { ...jobWith({ knobs: { tensor_parallel_size: 2, extra_args: [] }, ...model }), nodes, rank, ...rest }
}
