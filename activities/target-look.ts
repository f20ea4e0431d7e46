import { containersToGo, type ClearingGoal } from '../domain/clearing.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { imageId } from '../domain/launchers/container.ts'
import { launcherOf } from '../domain/launchers/launcher.ts'
import type { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import type { TargetLook } from '../domain/preflight.ts'
import { readWeights, weightsPlace } from '../domain/weights.ts'
import { enginePids } from './clear-host.ts'
import { causeOfHostError } from './failure.ts'
import { HostError, type Hosts } from './hosts.ts'

/** One look at a host on which something is to be launched, or emptied. Changes nothing and throws nothing for a host that does not answer. */
export async function lookAtTarget(
  hosts: Hosts,
  host: HostName,
  model: Model | null,
  goalFor: (facts: HostFacts) => ClearingGoal,
  signal: AbortSignal,
): Promise<TargetLook> {
  const unknown = { host, trouble: null, facts: null, launcherTrouble: null, imageThere: null, weights: null, enginePids: [] }
  try {
    const facts = await hosts.facts(host, signal)
    const known = { ...unknown, facts }
    if (!facts.docker.ok) return known
    const running = containersToGo(facts, goalFor(facts)).filter((container) => container.running)
    const [pids, launcherTrouble, imageThere, weights] = await Promise.all([
      Promise.all(running.map((container) => enginePids(hosts, host, container.name))),
      model === null ? null : lookForLauncher(hosts, host, model, facts.home),
      model === null ? null : lookForImage(hosts, host, model),
      model === null ? null : lookForWeights(hosts, host, model, facts.home),
    ])
    return { ...known, launcherTrouble, imageThere, weights, enginePids: pids.flat() }
  } catch (error) {
    if (error instanceof HostError) return { ...unknown, trouble: causeOfHostError(error) }
    throw error
  }
}

async function lookForLauncher(hosts: Hosts, host: HostName, model: Model, home: string): Promise<TargetLook['launcherTrouble']> {
  const launcher = launcherOf(model)
  const probe = launcher.probe(hosts.host(host), home, model)
  if (probe === null) return null
  const exit = await hosts.look(host, probe)
  if (exit.kind === 'unknown') throw new HostError('host_command_unknown', host, exit.reason)
  return launcher.probeTrouble(exit, model, 1)
}

async function lookForImage(hosts: Hosts, host: HostName, model: Model): Promise<boolean | null> {
  const image = launcherOf(model).imageOf(model)
  if (image === null) return null
  const exit = await hosts.look(host, imageId(image))
  if (exit.kind === 'unknown') throw new HostError('host_command_unknown', host, exit.reason)
  return exit.code === 0
}

async function lookForWeights(hosts: Hosts, host: HostName, model: Model, home: string): Promise<TargetLook['weights']> {
  const { path, probe } = weightsPlace(model, hosts.host(host), home)
  const exit = await hosts.look(host, probe)
  if (exit.kind === 'unknown') throw new HostError('host_command_unknown', host, exit.reason)
  return readWeights(model, hosts.host(host), path, exit.stdout)
}
