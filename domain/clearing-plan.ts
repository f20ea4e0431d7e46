import type { ClearingGoal } from './clearing.ts'
import type { Deployment } from './deployment.ts'
import { launcherOf } from './launchers/launcher.ts'
import { memoryNeed } from './memory.ts'
import type { Model } from './model.ts'
import type { ClusterId, ContainerName, HostName } from './names.ts'

/** One host of a clearing. Workers go before heads: a head that loses its worker first writes a log full of misleading errors. */
export interface HostToClear {
  readonly host: HostName
  /** A host on which we launch, or which is to be left empty: there the stop must be proven. */
  readonly target: boolean
  readonly head: boolean
  readonly containers: readonly ContainerName[]
  /** Of the slowest launcher there; docker's own default where nobody knows how it was started. */
  readonly stopGraceS: number
}

export interface ClearingPlan {
  readonly clusterId: ClusterId
  readonly hosts: readonly HostToClear[]
  /** Whose start the memory must be enough for; null where nothing is launched afterwards. */
  readonly makeRoomFor: Model | null
  readonly memoryFloorGib: number
}

const unknownGraceS = 10

/** What stands in the way of `model` (or of an unload, with null) on its hosts: every displaced deployment on all of its hosts, and what holds the container's name. */
export function clearingPlan(facts: {
  readonly clusterId: ClusterId
  readonly model: Model | null
  readonly hosts: readonly HostName[]
  readonly affectedHosts: readonly HostName[]
  readonly displaced: readonly Deployment[]
  readonly memoryFloorGib: number
}): ClearingPlan {
  const { clusterId, model, displaced, memoryFloorGib } = facts
  const hosts = facts.affectedHosts.map((host): HostToClear => {
    const here = displaced.filter((deployment) => deployment.hosts.includes(host))
    const target = facts.hosts.includes(host)
    const names = [...here.map((deployment) => deployment.container), target ? (model?.container ?? null) : null]
    return {
      host,
      target,
      head: here.every((deployment) => deployment.hosts[0] === host),
      containers: [...new Set(names.filter((name) => name !== null))],
      stopGraceS: Math.max(...here.map(graceOf), model === null || here.length > 0 ? 1 : launcherOf(model).stopGraceS),
    }
  })
  return { clusterId, hosts, makeRoomFor: model, memoryFloorGib }
}

const graceOf = (deployment: Deployment): number => (deployment.snapshot === null ? unknownGraceS : launcherOf(deployment.snapshot).stopGraceS)

/** The goal on one host, once its memory is known. */
export const goalOn = (plan: ClearingPlan, host: HostToClear, memTotalBytes: number | null): ClearingGoal => ({
  clusterId: plan.clusterId,
  containers: host.containers,
  allOfOurs: host.target,
  portFree: host.target,
  memory:
    host.target && plan.makeRoomFor !== null && memTotalBytes !== null ? memoryNeed(plan.makeRoomFor, plan.memoryFloorGib, memTotalBytes) : null,
})
