import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { servicesOf } from '../config/services.ts'
import { baseUrlOf, type Cluster, type Host } from '../domain/cluster.ts'
import { causeOf, type Cause } from '../domain/errors.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { hostLook, type EngineLook } from '../domain/host-look.ts'
import { MonitorBeat } from '../domain/monitor-beat.ts'
import type { ClusterId, HostName } from '../domain/names.ts'
import type { ServiceLook } from '../domain/services/look.ts'
import type { HostLook } from '../domain/status.ts'
import type { DepsWithArbiter } from './deps.ts'
import { HostError, type Hosts } from './hosts.ts'
import { pause } from './pause.ts'
import { ReachabilityReport } from './reachability-report.ts'
import { registeredAttributes } from './search-attributes.ts'
import { ServiceWatches } from './services/watch.ts'
import { Vllm } from './vllm.ts'

const everyMs = 2_000
/** A host that says nothing for so long counts as not reachable in this look. */
const lookLimitMs = 15_000
const engineLimitS = 2
/** Ends in good time before its own limit, to be started anew. */
const longestMs = 50 * 60_000

export function createMonitorActivities(deps: DepsWithArbiter) {
  let held: readonly ServiceLook[] = []
  return {
    /**
     * Looks at every host of the cluster as cluster.yaml has it now, each every two seconds and none waiting for another, and at every service that is enabled;
     * the last looks travel as heartbeat. Engines are only asked for `/health` and `/v1/models`, which wakes none that sleeps. Tells the arbiter when the list of hosts changed.
     */
    async watchHosts({ clusterId }: { clusterId: ClusterId }): Promise<void> {
      const ended = new AbortController()
      const signal = AbortSignal.any([cancellationSignal(), ended.signal, deps.ending])
      const rounds = new Map<HostName, HostWatch>()
      const services = new ServiceWatches(deps.places, heldByAttempt() ?? held, signal)
      const told = new ToldHosts(deps)
      const until = performance.now() + longestMs
      try {
        while (performance.now() < until && !signal.aborted) {
          const { cluster } = deps.config.read()
          const hosts = cluster?.clusterId === clusterId ? cluster.hosts : []
          for (const [name, watch] of rounds) if (!hosts.some((host) => host.name === name && watch.isOf(host))) endOf(rounds, name)
          for (const host of hosts) if (!rounds.has(host.name)) rounds.set(host.name, new HostWatch(deps, host, clusterId, signal))
          services.keepTo(cluster?.clusterId === clusterId ? servicesOf(deps.config, deps.log).services : [])
          heartbeat({ hosts: [...rounds.values()].flatMap((watch) => watch.last ?? []), services: services.looks } satisfies MonitorBeat)
          if (cluster?.clusterId === clusterId) void told.tell(cluster)
          await pause(everyMs / 2, signal)
        }
      } finally {
        held = services.looks
        ended.abort()
        for (const name of [...rounds.keys()]) endOf(rounds, name)
      }
    },
  }
}

/** What the attempt before this one held of the services: the death of a worker is no news about them. */
function heldByAttempt(): readonly ServiceLook[] | null {
  const beat = MonitorBeat.safeParse(activityInfo().heartbeatDetails)
  return beat.success ? beat.data.services : null
}

function endOf(rounds: Map<HostName, HostWatch>, name: HostName): void {
  rounds.get(name)?.end()
  rounds.delete(name)
}

/** The rounds of one host: at most one look at a time, the next two seconds after the last began. Owns its connections to the engine. */
class HostWatch {
  last: HostLook | null = null
  readonly #hosts: Hosts
  readonly #host: Host
  readonly #clusterId: ClusterId
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  readonly #report: ReachabilityReport

  constructor(deps: DepsWithArbiter, host: Host, clusterId: ClusterId, signal: AbortSignal) {
    this.#hosts = deps.hosts
    this.#report = new ReachabilityReport(deps)
    this.#host = host
    this.#clusterId = clusterId
    this.#signal = AbortSignal.any([signal, this.#ended.signal])
    void this.#goRound(new Vllm(baseUrlOf(host)))
  }

  isOf(host: Host): boolean {
    return JSON.stringify(host) === JSON.stringify(this.#host)
  }

  end(): void {
    this.#ended.abort()
  }

  #isOver(): boolean {
    return this.#signal.aborted
  }

  async #goRound(vllm: Vllm): Promise<void> {
    while (!this.#isOver()) {
      const begun = performance.now()
      const limit = AbortSignal.any([this.#signal, AbortSignal.timeout(lookLimitMs)])
      const [facts, engine] = await Promise.all([factsOf(this.#hosts, this.#host.name, limit), askEngine(vllm, limit)])
      this.last = hostLook(this.#host.name, this.#clusterId, facts, engine, Date.now())
      if (!this.#isOver()) this.#report.take(this.last) // a look that was broken off says nothing of the host
      await pause(Math.max(0, begun + everyMs - performance.now()), this.#signal)
    }
    await vllm.close()
  }
}

async function factsOf(hosts: Hosts, host: HostName, signal: AbortSignal): Promise<HostFacts | Cause> {
  try {
    return await hosts.facts(host, signal)
  } catch (error) {
    return error instanceof HostError ? causeOf(error.code, error.message) : causeOf('unexpected', String(error))
  }
}

async function askEngine(vllm: Vllm, signal: AbortSignal): Promise<EngineLook> {
  const healthy = await vllm.healthy(signal)
  if (!healthy) return { healthy, serving: null }
  try {
    return { healthy, serving: (await vllm.models(engineLimitS, signal))[0] ?? null }
  } catch {
    return { healthy, serving: null }
  }
}

/** What the arbiter was last told of cluster.yaml. */
class ToldHosts {
  readonly #deps: DepsWithArbiter
  #told = ''
  #telling = false

  constructor(deps: DepsWithArbiter) {
    this.#deps = deps
  }

  async tell({ hosts }: Cluster): Promise<void> {
    const names = hosts.map((host) => host.name)
    if (this.#telling || this.#told === names.join()) return
    this.#telling = true
    try {
      await this.#deps.arbiter.ask({ type: 'report_hosts', hosts: names, registeredAttributes: await registeredAttributes(this.#deps.client) })
      this.#told = names.join()
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'the arbiter could not be told of the hosts') // said again in a moment
    } finally {
      this.#telling = false
    }
  }
}
