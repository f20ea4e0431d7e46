import type { Host } from '../../domain/cluster.ts'
import { markedUrl } from '../../domain/engine-address.ts'
import { causeOf, type Cause } from '../../domain/errors.ts'
import { afterEngineLook, isWedged, type Stuck } from '../../domain/guardian/wedge.ts'
import type { HostFacts } from '../../domain/host-facts.ts'
import { hostLook, type EngineLook } from '../../domain/host-look.ts'
import { rfc3339, type ClusterId, type HostName } from '../../domain/names.ts'
import type { HostLook } from '../../domain/status.ts'
import { readEngineMetrics, type EngineCounters } from '../../domain/telemetry/engine-metrics.ts'
import { figuresOf, type Reading } from '../../domain/telemetry/measure.ts'
import type { TelemetryPoint } from '../../domain/telemetry/telemetry.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { HostError, type Hosts } from '../hosts.ts'
import { pause } from '../pause.ts'
import { ReachabilityReport } from '../reachability-report.ts'
import { Vllm } from '../vllm.ts'

const everyMs = 2_000
/** Figures are measured in every second look. */
const figuresEveryMs = 2 * everyMs - 500
/** A host that says nothing for so long counts as not reachable in this look. */
const lookLimitMs = 15_000
const engineLimitS = 2
/** An nvidia-smi that did not answer is left alone for so long, so that it holds up no more than one look in many. */
const gpuRestMs = 30_000

/** The last look at a host, with what the guardian wants to know of it. */
export interface Seen {
  readonly look: HostLook
  readonly facts: HostFacts | null
  readonly engine: EngineCounters | null
  readonly stuck: Stuck | null
  readonly nth: number
  /** By `performance.now()`. */
  readonly begunAt: number
}

interface WatchParts {
  readonly deps: DepsWithArbiter
  readonly clusterId: ClusterId
  readonly signal: AbortSignal
  /** What the watch before this one held of an engine that is stuck. */
  readonly stuck: Stuck | null
  readonly measured: (host: HostName, point: TelemetryPoint) => void
  /** The port of what the arbiter knows there and did not start itself; null: the host's own. */
  readonly portOf: (host: HostName) => number | null
}

/** The rounds of one host: at most one look at a time, the next two seconds after the last began. Owns its connections to the engine. */
export class HostWatch {
  last: Seen | null = null
  readonly #parts: WatchParts
  readonly #host: Host
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  readonly #report: ReachabilityReport
  #reading: Reading | null = null
  #point: TelemetryPoint | null = null
  #stuck: Stuck | null
  #gpuAgainAt = 0
  #engine: { readonly url: string; readonly vllm: Vllm } | null = null

  constructor(host: Host, parts: WatchParts) {
    this.#host = host
    this.#parts = parts
    this.#report = new ReachabilityReport(parts.deps)
    this.#stuck = parts.stuck
    this.#signal = AbortSignal.any([parts.signal, this.#ended.signal])
    void this.#goRound()
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

  async #goRound(): Promise<void> {
    for (let nth = 1; !this.#isOver(); nth++) {
      const begunAt = performance.now()
      const seen = await this.#look(nth, begunAt)
      if (this.#isOver()) break // a look that was broken off says nothing of the host
      this.last = seen
      this.#report.take(seen.look)
      await pause(Math.max(0, begunAt + everyMs - performance.now()), this.#signal)
    }
    await this.#engine?.vllm.close()
  }

  async #look(nth: number, begunAt: number): Promise<Seen> {
    const { deps, clusterId, portOf } = this.#parts
    const { name } = this.#host
    const limit = AbortSignal.any([this.#signal, AbortSignal.timeout(lookLimitMs)])
    const withFigures = this.#reading === null || begunAt - this.#reading.atS * 1000 >= figuresEveryMs
    const extent = { figures: withFigures, gpu: begunAt >= this.#gpuAgainAt }
    const url = markedUrl({ ...this.#host, vllmPort: portOf(name) ?? this.#host.vllmPort }, clusterId, this.last?.facts?.containers ?? [])
    const vllm = this.#engineAt(url)
    const [facts, engine, metrics] = await Promise.all([
      factsOf(deps.hosts, name, limit, [Number(new URL(url).port)], extent),
      askEngine(vllm, limit),
      withFigures && this.last?.look.healthy === true ? vllm.metrics(limit) : null,
    ])
    const seen = 'code' in facts ? null : facts
    if (extent.gpu && seen !== null && seen.gpu === null && seen.computeApps === null) this.#gpuAgainAt = performance.now() + gpuRestMs
    if (seen?.portListening === false) this.#stuck = null // whatever serves there next is another engine
    const counters = metrics === null ? null : readEngineMetrics(metrics)
    if (withFigures && !this.#isOver()) this.#measure(seen, counters, begunAt / 1000)
    const settings = deps.config.read().settings
    const wedged = engine.healthy && isWedged(this.#stuck, Date.now(), settings.guardian_wedged_s) ? this.#stuck : null
    return {
      look: {
        ...hostLook(name, clusterId, facts, engine, Date.now()),
        telemetry: seen === null && counters === null ? null : this.#point,
        wedged_since: wedged === null ? null : rfc3339(wedged.since),
      },
      facts: seen,
      engine: counters,
      stuck: this.#stuck,
      nth,
      begunAt,
    }
  }

  #measure(facts: HostFacts | null, engine: EngineCounters | null, atS: number): void {
    const { deps, measured } = this.#parts
    const reading: Reading = { facts, counters: facts?.counters ?? null, engine, atS }
    const at = Date.now()
    this.#point = facts === null && engine === null ? null : { ...figuresOf(this.#reading, reading), at: rfc3339(at) }
    this.#reading = reading
    this.#stuck = afterEngineLook(this.#stuck, { engine, powerW: facts?.gpu?.powerW ?? null }, deps.config.read().settings.guardian_idle_w, at)
    if (this.#point !== null) measured(this.#host.name, this.#point)
  }

  /** Another port is another engine: nothing of the one before is held against it. */
  #engineAt(url: string): Vllm {
    if (this.#engine?.url === url) return this.#engine.vllm
    if (this.#engine !== null) {
      void this.#engine.vllm.close()
      this.#stuck = null
    }
    this.#engine = { url, vllm: new Vllm(url) }
    return this.#engine.vllm
  }
}

async function factsOf(
  hosts: Hosts,
  host: HostName,
  ...how: [AbortSignal, number[], { figures: boolean; gpu: boolean }]
): Promise<HostFacts | Cause> {
  try {
    return await hosts.facts(host, ...how)
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
