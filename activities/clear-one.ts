import type { ClearingSoFar } from '../domain/clearing.ts'
import type { HostToClear } from '../domain/clearing-plan.ts'
import { portsOf } from '../domain/engine-address.ts'
import type { StepOfSwap } from '../domain/swap-snapshot.ts'
import { clearHost, type Cleared, type ClearingJob } from './clear-host.ts'
import type { Hosts } from './hosts.ts'
import { markOf, stopByCommand } from './own-commands.ts'

/** One host of a clearing: what has no container by its owner's commands first, then containers, port and memory, with proof of each. Throws as `clearHost` does. */
export async function clearOne(job: ClearingJob, target: HostToClear, begun: ClearingSoFar, step: StepOfSwap): Promise<Cleared> {
  for (const { model, hosts, begun: wasBegun = false } of target.commands ?? []) {
    if (!hosts.includes(target.host)) continue
    const one = { model, hosts, begun: wasBegun, host: target.host, mark: markOf(step, job.mark.attempt, model) }
    const stopped = await stopByCommand(job.hosts, one, job.mark, job)
    if (stopped.state === 'unproven') return stopped
  }
  return clearHost({ ...job, hosts: lookingAtPorts(job.hosts, target) }, target, begun)
}

/** Workers in one go, then the heads: a head that loses its workers first has much to say about it. */
export async function inStopOrder<T>(targets: readonly HostToClear[], act: (target: HostToClear) => Promise<T>): Promise<T[]> {
  const done: T[] = []
  for (const group of [targets.filter(({ head }) => !head), targets.filter(({ head }) => head)]) done.push(...(await Promise.all(group.map(act))))
  return done
}

/** Looks of a clearing ask for the ports that it must find free. */
function lookingAtPorts(hosts: Hosts, { host, ports = [] }: HostToClear): Hosts {
  const asked = (): number[] =>
    portsOf(
      ports.map((port) => ({ port })),
      hosts.host(host),
    )
  return { ...hosts, facts: (name, signal, _ports, extent) => hosts.facts(name, signal, asked(), extent) }
}
