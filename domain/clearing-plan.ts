import type { ClearingGoal } from './clearing.ts'
import type { Deployment } from './deployment.ts'
import { launcherOf } from './launchers/launcher.ts'
import { memoryNeed } from './memory.ts'
import type { Model } from './model.ts'
import type { ClusterId, ContainerName, HostName } from './names.ts'

/** A model that is stopped by its own commands, and the hosts that it runs on, head first. */
export interface StoppedByCommand {
  readonly model: Model
  readonly hosts: readonly HostName[]
  /** It was begun by this swap: stopped whatever its status says, which may not know it yet. */
  readonly begun?: boolean
}

/** One host of a clearing. Workers go before heads: a head that loses its worker first writes a log full of misleading errors. */
export interface HostToClear {
  readonly host: HostName
  /** A host on which we launch, or which is to be left empty: there the stop must be proven. */
  readonly target: boolean
  readonly head: boolean
  readonly containers: readonly ContainerName[]
  /** Of the slowest launcher there; docker's own default where nobody knows how it was started. */
  readonly stopGraceS: number
  /** Ports that are to be free, null being the host's own. Absent in plans of before: the host's own. */
  readonly ports?: readonly (number | null)[]
  /** What has no container. Absent in plans of before. */
  readonly commands?: readonly StoppedByCommand[]
  /** Whose start this host's memory must be enough for, and its share of it; absent where the plan's `makeRoomFor` says it for all. */
  readonly room?: Room | null
}

export interface Room {
  readonly model: Model
  /** On how many hosts it runs. */
  readonly hosts: number
}

export interface ClearingPlan {
  readonly clusterId: ClusterId
  readonly hosts: readonly HostToClear[]
  /** Whose start the memory must be enough for; null where nothing is launched afterwards. */
  readonly makeRoomFor: Model | null
  readonly memoryFloorGib: number
}

export interface ClearingFacts {
  readonly clusterId: ClusterId
  readonly model: Model | null
  /** Head first. */
  readonly hosts: readonly HostName[]
  readonly affectedHosts: readonly HostName[]
  readonly displaced: readonly Deployment[]
  readonly memoryFloorGib: number
  /** What runs there, so that its workers are stopped before its head: what is displaced, or `model` after its own launch. */
  readonly running?: 'displaced' | 'model'
}

const unknownGraceS = 10

/** What stands in the way of `model` (or of an unload, with null) on its hosts: every displaced deployment on all of its hosts, and what holds the container's name. */
export function clearingPlan(facts: ClearingFacts): ClearingPlan {
  const { clusterId, model, displaced, memoryFloorGib } = facts
  const hosts = facts.affectedHosts.map((host): HostToClear => {
    const here = displaced.filter((deployment) => deployment.hosts.includes(host))
    const target = facts.hosts.includes(host)
    const arriving = target && model !== null ? model : null
    const names = [...here.map((deployment) => deployment.container), arriving === null ? null : containerOf(arriving)]
    return {
      host,
      target,
      head: isHead(host, here, facts),
      containers: [...new Set(names.filter((name) => name !== null))],
      stopGraceS: Math.max(1, ...here.map(graceOf), ...(arriving !== null && here.length === 0 ? [launcherOf(arriving).stopGraceS] : [])),
      ports: [...new Set([...here.map((deployment) => deployment.snapshot?.port ?? null), ...(arriving === null ? [] : [arriving.port ?? null])])],
      commands: byCommand(here, arriving, facts),
      room: arriving === null ? null : { model: arriving, hosts: facts.hosts.length },
    }
  })
  return { clusterId, hosts, makeRoomFor: model, memoryFloorGib }
}

/** The same plan, but what will be launched afterwards are these: each on its own hosts. Nothing on the others. */
export const withRoomFor = (plan: ClearingPlan, next: readonly StoppedByCommand[]): ClearingPlan => ({
  ...plan,
  makeRoomFor: next[0]?.model ?? null,
  hosts: plan.hosts.map((clear) => {
    const coming = next.find(({ hosts }) => hosts.includes(clear.host))
    return { ...clear, room: coming === undefined ? null : { model: coming.model, hosts: coming.hosts.length } }
  }),
})

/** The container of a launch on each of its hosts; null where its launcher makes none that we know. */
export const containerOf = (model: Pick<Model, 'launcher' | 'container'>): ContainerName | null =>
  launcherOf(model).commands === null ? model.container : null

function isHead(host: HostName, here: readonly Deployment[], { hosts, running = 'displaced' }: ClearingFacts): boolean {
  if (running === 'model' && hosts.includes(host)) return hosts[0] === host
  return here.every((deployment) => deployment.hosts[0] === host)
}

/** What is there first. A model that takes its own place, changed, is stopped in both ways. */
function byCommand(here: readonly Deployment[], arriving: Model | null, { hosts, running = 'displaced' }: ClearingFacts): StoppedByCommand[] {
  const known = here.flatMap(({ snapshot, hosts: on }) => (snapshot === null ? [] : [{ model: snapshot, hosts: on }]))
  const own: StoppedByCommand[] = arriving === null ? [] : [{ model: arriving, hosts, begun: running === 'model' }]
  const others = known.filter(({ model }) => JSON.stringify(model) !== JSON.stringify(arriving))
  return [...others, ...own].filter(({ model }) => launcherOf(model).commands !== null)
}

const graceOf = (deployment: Deployment): number => (deployment.snapshot === null ? unknownGraceS : launcherOf(deployment.snapshot).stopGraceS)

/** The goal on one host, once its memory is known. */
export function goalOn(plan: ClearingPlan, host: HostToClear, memTotalBytes: number | null): ClearingGoal {
  const room = host.room === undefined && plan.makeRoomFor !== null ? { model: plan.makeRoomFor, hosts: 1 } : (host.room ?? null)
  return {
    clusterId: plan.clusterId,
    containers: host.containers,
    allOfOurs: host.target,
    portFree: host.target,
    memory: host.target && room !== null && memTotalBytes !== null ? memoryNeed(room.model, plan.memoryFloorGib, memTotalBytes, room.hosts) : null,
  }
}
