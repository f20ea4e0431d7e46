import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { servicesOf } from '../config/services.ts'
import type { Cluster } from '../domain/cluster.ts'
import { MonitorBeat } from '../domain/monitor-beat.ts'
import type { ClusterId, HostName } from '../domain/names.ts'
import type { DepsWithArbiter } from './deps.ts'
import { Guard } from './guardian/guard.ts'
import { pause } from './pause.ts'
import { registeredAttributes } from './search-attributes.ts'
import { serviceTeller } from './services/tell.ts'
import { ServiceWatches } from './services/watch.ts'
import { HostWatch, type Seen } from './telemetry/host-watch.ts'
import { RingWriter } from './telemetry/ring-writer.ts'

const everyMs = 1_000
/** Ends in good time before its own limit, to be started anew. */
const longestMs = 50 * 60_000

export function createMonitorActivities(deps: DepsWithArbiter) {
  let held: MonitorBeat | null = null
  return {
    /**
     * Looks at every host of the cluster as cluster.yaml has it now, each every two seconds and none waiting for another, and at every service that is enabled;
     * the last looks travel as heartbeat. Engines are only asked for `/health`, `/v1/models` and `/metrics`, which wakes none that sleeps. Tells the arbiter when
     * the list of hosts changed, writes the telemetry ring, and has the guardian compare what is seen with what should be.
     */
    async watchHosts({ clusterId }: { clusterId: ClusterId }): Promise<void> {
      const ended = new AbortController()
      const signal = AbortSignal.any([cancellationSignal(), ended.signal, deps.ending])
      const before = heldByAttempt() ?? held
      const rounds = new Map<HostName, HostWatch>()
      const services = new ServiceWatches(deps.places, before?.services ?? [], signal, { changed: serviceTeller(deps) })
      const guard = new Guard(deps, clusterId, before?.guard)
      const ring = new RingWriter(deps.places.telemetryDir, deps.log)
      const told = new ToldHosts(deps)
      const until = performance.now() + longestMs
      const seen = (): Map<HostName, Seen> => new Map([...rounds].flatMap(([name, { last }]) => (last === null ? [] : [[name, last]])))
      const beat = (): MonitorBeat => {
        const stuck = [...seen()].flatMap(([host, one]) => (one.stuck === null ? [] : [{ host, ...one.stuck }]))
        return { hosts: [...seen().values()].map(({ look }) => look), services: services.looks, guard: { ...guard.held, stuck } }
      }
      const parts = {
        ...{ deps, clusterId, signal },
        measured: (host: HostName, point: Parameters<RingWriter['add']>[0]['point']) => ring.add({ host, point }),
        portOf: (host: HostName) => guard.portOn(host),
      }
      try {
        while (performance.now() < until && !signal.aborted) {
          const { cluster } = deps.config.read()
          const hosts = cluster?.clusterId === clusterId ? cluster.hosts : []
          for (const [name, watch] of rounds) if (!hosts.some((host) => host.name === name && watch.isOf(host))) endOf(rounds, name)
          for (const host of hosts) {
            const stuck = before?.guard.stuck.find((one) => one.host === host.name) ?? null
            if (!rounds.has(host.name)) rounds.set(host.name, new HostWatch(host, { ...parts, stuck }))
          }
          services.keepTo(cluster?.clusterId === clusterId ? servicesOf(deps.config, deps.log).services : [])
          heartbeat(beat())
          guard.consider(seen())
          if (cluster?.clusterId === clusterId) void told.tell(cluster)
          await pause(everyMs, signal)
        }
      } finally {
        held = beat()
        ended.abort()
        for (const name of [...rounds.keys()]) endOf(rounds, name)
        await ring.end()
      }
    },
  }
}

/** What the attempt before this one held: the death of a worker is no news about hosts and services. */
function heldByAttempt(): MonitorBeat | null {
  const beat = MonitorBeat.safeParse(activityInfo().heartbeatDetails)
  return beat.success ? beat.data : null
}

function endOf(rounds: Map<HostName, HostWatch>, name: HostName): void {
  rounds.get(name)?.end()
  rounds.delete(name)
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
