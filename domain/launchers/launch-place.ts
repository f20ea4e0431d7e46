import { onHost } from '../host-facts.ts'
import { portOf } from '../model.ts'
import type { LaunchJob, LaunchNode } from './launcher.ts'

/** Where one command of a launch runs, with everything decided that settings, host and model may each say. */
export interface LaunchPlace {
  readonly node: LaunchNode
  readonly head: LaunchNode
  readonly port: number
  /** The most particular one wins: model, host, settings. */
  readonly extraDockerArgs: string
  readonly hfCache: string
}

/** Throws RangeError for a rank without a node: a mistake of the caller. */
export function launchPlace({ model, nodes, rank, extraDockerArgs }: LaunchJob): LaunchPlace {
  const [head, node] = [nodes[0], nodes[rank]]
  if (head === undefined || node === undefined) throw new RangeError(`no node ${rank} of ${nodes.length}`)
  const { host, home } = node
  return {
    node,
    head,
    port: portOf(model, head.host),
    extraDockerArgs: model.launch.extra_docker_args ?? host.extraDockerArgs ?? extraDockerArgs,
    hfCache: onHost(host.hfCache, home),
  }
}

/** Where the other hosts of a model reach this one. */
export const fabricOf = ({ host }: Pick<LaunchNode, 'host'>): string => host.fabricAddress ?? host.address
