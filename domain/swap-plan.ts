import { containersToGo, type ClearingGoal } from './clearing.ts'
import type { HostToClear, StoppedByCommand } from './clearing-plan.ts'
import type { Host } from './cluster.ts'
import { engineUrl } from './engine-address.ts'
import type { HostFacts } from './host-facts.ts'
import { stop } from './launchers/container.ts'
import type { LaunchMark } from './launchers/launch-mark.ts'
import type { LauncherFeatures } from './launchers/features.ts'
import { launcherOf, type LaunchJob } from './launchers/launcher.ts'
import type { Model } from './model.ts'
import type { Argv, HostName } from './names.ts'
import type { Restorable } from './restore.ts'
import { typed } from './shell.ts'
import type { PhaseName, PlanReport } from './swap.ts'

type PlannedCommand = PlanReport['plan'][number]

/** What a plan is made of on one host: the same facts and functions as the swap's own. */
export interface PlannedHost {
  readonly host: Host
  readonly facts: HostFacts
  readonly clear: HostToClear
  readonly goal: ClearingGoal
  /** What the launcher installed there can do. */
  readonly features?: LauncherFeatures | null
}

/** Where a swap would carry its own id, fence and step. */
const mark = (clusterId: string, model: Model, step: number): LaunchMark => ({
  cluster: clusterId,
  swap: 'dry-run',
  fence: 0,
  step,
  attempt: 1,
  model: model.key,
  ...(model.port == null ? {} : { port: model.port }),
})

/** The commands that a swap would run, in their order; `restore` only if it failed. `next`: what is launched, on which hosts, head first. */
export function planCommands(
  hosts: readonly PlannedHost[],
  next: StoppedByCommand | null,
  owed: readonly Restorable[],
  extraDockerArgs: string,
): PlannedCommand[] {
  const inOrder = [...hosts.filter(({ clear }) => !clear.head), ...hosts.filter(({ clear }) => clear.head)]
  const stops = inOrder.flatMap((planned) => stopsOn(planned, hosts, extraDockerArgs))
  if (next === null) return stops
  const head = hosts.find(({ host }) => host.name === next.hosts[0])
  const starts = [...launches('launch', hosts, next, 2, extraDockerArgs), ...(head === undefined ? [] : proofs(head.host, next.model))]
  const restores = owed.flatMap(({ deployment, model }, i) => launches('restore', hosts, { model, hosts: deployment.hosts }, 4 + i, extraDockerArgs))
  return [...stops, ...starts, ...restores]
}

function stopsOn({ host, facts, clear, goal }: PlannedHost, all: readonly PlannedHost[], extraDockerArgs: string): PlannedCommand[] {
  const command = (argv: Argv): PlannedCommand => ({ phase: 'stop', host: host.name, command: typed(argv) })
  const own = (clear.commands ?? []).flatMap(({ model, hosts }) => {
    const job = jobOn(all, { model, hosts }, host.name, goal.clusterId, 1, extraDockerArgs)
    const commands = launcherOf(model).commands
    return job === null || commands === null ? [] : [command(commands.stop(job))]
  })
  return [...own, ...containersToGo(facts, goal).map((container) => command(stop(container.name, clear.stopGraceS)))]
}

/** Workers before the head, or the head's command alone. None where one of its hosts was not seen. */
function launches(phase: PhaseName, hosts: readonly PlannedHost[], what: StoppedByCommand, step: number, extraDockerArgs: string): PlannedCommand[] {
  const launcher = launcherOf(what.model)
  const [head, ...workers] = what.hosts
  const clusterId = hosts[0]?.goal.clusterId ?? ''
  return [...(launcher.startedFrom === 'each' ? workers : []), ...(head === undefined ? [] : [head])].flatMap((host) => {
    const job = jobOn(hosts, what, host, clusterId, step, extraDockerArgs)
    return job === null ? [] : [{ phase, host, command: typed(launcher.launch(job)) }]
  })
}

/** Null where one of its hosts did not answer. */
function jobOn(
  seen: readonly PlannedHost[],
  { model, hosts }: StoppedByCommand,
  host: HostName,
  clusterId: string,
  step: number,
  extraDockerArgs: string,
): LaunchJob | null {
  const nodes = hosts.flatMap((name) => {
    const planned = seen.find((one) => one.host.name === name)
    return planned === undefined ? [] : [{ host: planned.host, home: planned.facts.home, features: planned.features ?? null }]
  })
  const rank = hosts.indexOf(host)
  return nodes.length < hosts.length || rank < 0 ? null : { model, mark: mark(clusterId, model, step), extraDockerArgs, nodes, rank }
}

function proofs(host: Host, model: Model): PlannedCommand[] {
  const url = engineUrl(host, model)
  return [
    { phase: 'launch', host: host.name, command: `GET ${url}/health` },
    { phase: 'warm', host: host.name, command: `POST ${url}/v1/chat/completions` },
    { phase: 'validate', host: host.name, command: `GET ${url}/v1/models` },
    { phase: 'validate', host: host.name, command: `POST ${url}/v1/chat/completions` },
  ]
}
