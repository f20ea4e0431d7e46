import { onHost } from '../host-facts.ts'
import { Model, portOf } from '../model.ts'
import type { LaunchJob, LaunchNode } from './launcher.ts'

/** Where one command of a launch runs, with everything decided that settings, host and model may each say. */
export interface LaunchPlace {
  /** With every field: a snapshot of an older version lacks the newer ones. */
  readonly model: Model
  readonly node: LaunchNode
  readonly head: LaunchNode
  readonly port: number
  /** The most particular one wins: model, host, settings. */
  readonly extraDockerArgs: string
  readonly hfCache: string
  readonly launcherDir: string
  /** `/on/the/host:/in/the/container[:ro]`: the weights of a local model at their own path, and what the model asks for. */
  readonly volumes: readonly string[]
}

/** Throws RangeError for a rank without a node: a mistake of the caller. */
export function launchPlace(job: LaunchJob): LaunchPlace {
  const model = Model.parse(job.model)
  const [head, node] = [job.nodes[0], job.nodes[job.rank]]
  if (head === undefined || node === undefined) throw new RangeError(`no node ${job.rank} of ${job.nodes.length}`)
  const { host, home } = node
  const { local_path, launch } = model
  return {
    model,
    node,
    head,
    port: portOf(model, head.host),
    extraDockerArgs: launch.extra_docker_args ?? host.extraDockerArgs ?? job.extraDockerArgs,
    hfCache: onHost(host.hfCache, home),
    launcherDir: onHost(host.launcherDir, home),
    volumes: [...(local_path === null ? [] : [`${local_path}:${local_path}:ro`]), ...(launch.volumes ?? []).map((volume) => onHost(volume, home))],
  }
}

/** Where the other hosts of a model reach this one. */
export const fabricOf = ({ host }: Pick<LaunchNode, 'host'>): string => host.fabricAddress ?? host.address
