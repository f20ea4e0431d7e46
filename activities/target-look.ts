import { containersToGo, type ClearingGoal } from '../domain/clearing.ts'
import type { HostToClear } from '../domain/clearing-plan.ts'
import { portsOf } from '../domain/engine-address.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { imageId } from '../domain/launchers/container.ts'
import { fabricOf } from '../domain/launchers/launch-place.ts'
import { launcherOf } from '../domain/launchers/launcher.ts'
import type { Model } from '../domain/model.ts'
import type { Argv, ClusterId, HostName } from '../domain/names.ts'
import type { TargetLook } from '../domain/preflight.ts'
import { readWeights, weightsPlace } from '../domain/weights.ts'
import { enginePids } from './clear-host.ts'
import { causeOfHostError } from './failure.ts'
import { HostError, type Hosts } from './hosts.ts'
import { runsByStatus } from './own-commands.ts'

/** What is to be launched, with a host of it on which it is looked whether it can be; or, with null, only emptied. */
export interface Target {
  readonly clusterId: ClusterId
  readonly clear: HostToClear
  readonly model: Model | null
  /** All that it will run on, head first. */
  readonly hosts: readonly HostName[]
  readonly goalFor: (facts: HostFacts) => ClearingGoal
}

/** One look at a host on which something is to be launched, or emptied. Changes nothing and throws nothing for a host that does not answer. */
export async function lookAtTarget(hosts: Hosts, target: Target, signal: AbortSignal): Promise<TargetLook> {
  const { clear, model, goalFor } = target
  const { host } = clear
  const unknown = { host, trouble: null, facts: null, launcherTrouble: null, imageThere: null, weights: null, enginePids: [] }
  try {
    const facts = await hosts.facts(host, signal, portsOf(model === null ? [] : [model], hosts.host(host)))
    const commandRuns = await runsByCommand(hosts, target)
    const known = { ...unknown, facts, commandRuns }
    if (!facts.docker.ok) return known
    const running = containersToGo(facts, goalFor(facts)).filter((container) => container.running)
    const pids = await Promise.all(running.map((container) => enginePids(hosts, host, container.name)))
    if (model === null) return { ...known, enginePids: pids.flat() }
    const [launcher, image, weights, workersRefused] = await Promise.all([
      lookForLauncher(hosts, target, model, facts.home),
      lookForImage(hosts, host, model),
      launcherOf(model).commands === null ? lookForWeights(hosts, host, model, facts.home) : null,
      lookForWorkers(hosts, target, model),
    ])
    return { ...known, ...launcher, ...image, weights, workersRefused, enginePids: pids.flat() }
  } catch (error) {
    if (error instanceof HostError) return { ...unknown, trouble: causeOfHostError(error) }
    throw error
  }
}

async function runsByCommand(hosts: Hosts, { clusterId, clear }: Target): Promise<boolean> {
  const looks = (clear.commands ?? []).map(({ model, hosts: on }) => {
    const mark = { cluster: clusterId, swap: 'preflight', fence: 0, step: 0, attempt: 1, model: model.key }
    return runsByStatus(hosts, { model, hosts: on, host: clear.host, mark })
  })
  return (await Promise.all(looks)).includes(true)
}

type LauncherLook = Pick<TargetLook, 'launcherTrouble' | 'features'>
const nothingToAsk: LauncherLook = { launcherTrouble: null, features: null }

/** Where the head's command does everything, its launcher need be on the head alone. */
async function lookForLauncher(hosts: Hosts, { clear, hosts: on }: Target, model: Model, home: string): Promise<LauncherLook> {
  const launcher = launcherOf(model)
  if (launcher.startedFrom === 'head' && on[0] !== clear.host) return nothingToAsk
  const probe = launcher.probe(hosts.host(clear.host), home, model)
  if (probe === null) return nothingToAsk
  const exit = await exitOf(hosts, clear.host, probe)
  return { launcherTrouble: launcher.probeTrouble(exit, model, on.length), features: launcher.features(exit) }
}

async function lookForImage(hosts: Hosts, host: HostName, model: Model): Promise<Pick<TargetLook, 'imageThere' | 'imageId'>> {
  const image = launcherOf(model).imageOf(model)
  if (image === null) return { imageThere: null, imageId: null }
  const exit = await exitOf(hosts, host, imageId(image))
  return { imageThere: exit.code === 0, imageId: exit.code === 0 ? exit.stdout.trim() : null }
}

async function lookForWeights(hosts: Hosts, host: HostName, model: Model, home: string): Promise<TargetLook['weights']> {
  const { path, probe } = weightsPlace(model, hosts.host(host), home)
  return readWeights(model, hosts.host(host), path, (await exitOf(hosts, host, probe)).stdout)
}

/** As the launcher itself will go there, but leaving nothing behind in the head's list of known hosts. */
const loginTo = (address: string): Argv => [
  ...['ssh', '-n', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
  ...['-o', 'LogLevel=ERROR', address, 'true'],
]

async function lookForWorkers(hosts: Hosts, { clear, hosts: on }: Target, model: Model): Promise<Record<HostName, string | null>> {
  const [head, ...workers] = on
  if (launcherOf(model).startedFrom !== 'head' || head !== clear.host) return {}
  const found = await Promise.all(
    workers.map(async (worker): Promise<[HostName, string | null]> => {
      const exit = await exitOf(hosts, head, loginTo(fabricOf({ host: hosts.host(worker) })))
      return [worker, exit.code === 0 ? null : (exit.stderr.trim().split('\n').at(-1) ?? `ssh ended with exit code ${exit.code}`)]
    }),
  )
  return Object.fromEntries(found)
}

async function exitOf(hosts: Hosts, host: HostName, argv: Argv): Promise<{ code: number; stdout: string; stderr: string }> {
  const exit = await hosts.look(host, argv)
  if (exit.kind === 'unknown') throw new HostError('host_command_unknown', host, exit.reason)
  return exit
}
