import { containersToGo, type ClearingGoal } from './clearing.ts'
import type { HostToClear } from './clearing-plan.ts'
import { baseUrlOf, type Host } from './cluster.ts'
import type { HostFacts } from './host-facts.ts'
import { stop } from './launchers/container.ts'
import type { LaunchMark } from './launchers/launch-mark.ts'
import { launcherOf, soloJob } from './launchers/launcher.ts'
import type { Model } from './model.ts'
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
}

/** Where a swap would carry its own id, fence and step. */
const mark = (clusterId: string, model: Model, step: number): LaunchMark => ({
  cluster: clusterId,
  swap: 'dry-run',
  fence: 0,
  step,
  attempt: 1,
  model: model.key,
})

/** The commands that a swap would run, in their order; `restore` only if it failed. */
export function planCommands(
  hosts: readonly PlannedHost[],
  model: Model | null,
  owed: readonly Restorable[],
  extraDockerArgs: string,
): PlannedCommand[] {
  const stops = hosts.flatMap(({ host, facts, clear, goal }) =>
    containersToGo(facts, goal).map((container): PlannedCommand => ({
      phase: 'stop',
      host: host.name,
      command: typed(stop(container.name, clear.stopGraceS)),
    })),
  )
  const targets = hosts.filter(({ clear }) => clear.target)
  const serve = (phase: PhaseName, { host, facts, goal }: PlannedHost, what: Model, step: number): PlannedCommand => ({
    phase,
    host: host.name,
    command: typed(
      launcherOf(what).launch(soloJob({ model: what, host, home: facts.home, mark: mark(goal.clusterId, what, step), extraDockerArgs })),
    ),
  })
  const starts = model === null ? [] : targets.flatMap((target) => [serve('launch', target, model, 2), ...proofs(target.host)])
  const restores = owed.flatMap(({ deployment, model: previous }, i) =>
    hosts.filter(({ host }) => host.name === deployment.hosts[0]).map((target) => serve('restore', target, previous, 4 + i)),
  )
  return [...stops, ...starts, ...(model === null ? [] : restores)]
}

function proofs(host: Host): PlannedCommand[] {
  const url = baseUrlOf(host)
  return [
    { phase: 'launch', host: host.name, command: `GET ${url}/health` },
    { phase: 'warm', host: host.name, command: `POST ${url}/v1/chat/completions` },
    { phase: 'validate', host: host.name, command: `GET ${url}/v1/models` },
    { phase: 'validate', host: host.name, command: `POST ${url}/v1/chat/completions` },
  ]
}
