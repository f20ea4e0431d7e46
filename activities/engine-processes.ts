import { containersToGo, type ClearingSoFar } from '../domain/clearing.ts'
import { goalOn, type ClearingPlan, type HostToClear } from '../domain/clearing-plan.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { isEngine, processOf, top } from '../domain/launchers/container.ts'
import type { HostName } from '../domain/names.ts'
import { marksOfProcesses, processesOfCluster } from '../domain/orphans.ts'
import type { Hosts } from './hosts.ts'

/** The host's process ids of the engine in a container; none when the container cannot be asked. Throws HostError. */
export async function enginePids(hosts: Hosts, host: HostName, container: string): Promise<number[]> {
  const exit = await hosts.look(host, top(container))
  if (exit.kind !== 'exited' || exit.code !== 0) return []
  const processes = exit.stdout.split('\n').flatMap((line) => processOf(line) ?? [])
  return processes.filter((process) => isEngine(process.args)).map((process) => process.pid)
}

/** Which processes on one host are of engines of ours: what is left of them without a container is an orphan. Lives as long as one clearing. */
export class EngineProcesses {
  readonly #hosts: Hosts
  readonly #plan: ClearingPlan
  readonly #target: HostToClear
  /** Whose marks were read already: a stranger is asked once. */
  readonly #asked = new Set<string>()

  constructor(hosts: Hosts, plan: ClearingPlan, target: HostToClear) {
    this.#hosts = hosts
    this.#plan = plan
    this.#target = target
  }

  /** With the engine's processes in a container that still runs: afterwards it cannot be asked any more. */
  async inContainer(container: string, facts: HostFacts, soFar: ClearingSoFar): Promise<ClearingSoFar> {
    const pids = await enginePids(this.#hosts, this.#target.host, container)
    const named = pids.map((pid) => ({ pid, name: facts.computeApps?.find((app) => app.pid === pid)?.name ?? null }))
    return { ...soFar, engines: [...soFar.engines, ...named] }
  }

  /**
   * With what an earlier swap left on the GPU: no container is there for it, but its environment has our cluster's mark. Asked only where everything of ours
   * has to go, and once nothing of it is in a container.
   */
  async withoutContainer(facts: HostFacts, soFar: ClearingSoFar): Promise<ClearingSoFar> {
    if (!this.#target.target || containersToGo(facts, goalOn(this.#plan, this.#target, null)).length > 0) return soFar
    const unknown = (facts.computeApps ?? []).filter(
      ({ pid, name }) => !this.#asked.has(`${pid} ${name}`) && !soFar.engines.some((one) => one.pid === pid),
    )
    if (unknown.length === 0) return soFar
    for (const { pid, name } of unknown) this.#asked.add(`${pid} ${name}`)
    const exit = await this.#hosts.look(this.#target.host, marksOfProcesses(unknown.map(({ pid }) => pid)))
    if (exit.kind !== 'exited') return soFar
    const ours = processesOfCluster(exit.stdout, this.#plan.clusterId)
    const found = unknown.filter(({ pid }) => ours.includes(pid)).map(({ pid, name }) => ({ pid, name }))
    return { ...soFar, engines: [...soFar.engines, ...found] }
  }
}
