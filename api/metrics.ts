import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ErrorCode } from '../domain/errors.ts'
import type { Status } from '../domain/status.ts'
import type { Swap } from '../domain/swap.ts'

interface Observed {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly duration_s: number
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])

/** What `/metrics` shows. One object an app; label values come from the route table and the cluster, never from what a request says. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #requests = this.#counter('spark_http_requests_total', 'Answered requests', ['method', 'route', 'status'])
  readonly #duration = new Histogram({
    name: 'spark_http_request_duration_seconds',
    help: 'From the first byte in to the last byte out; streams excluded',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.#registry],
  })
  readonly #refusals = this.#counter('spark_refusals_total', 'Requests that were refused, by the code of the problem', ['route', 'code'])
  readonly #part = this.#gauge('spark_part_up', '1 when that part answers', ['part'])
  readonly #lock = this.#gauge('spark_lock_held', '1 while a reservation holds', [])
  readonly #waiting = this.#gauge('spark_lock_waiting', 'Callers that stand in line for a reservation', [])
  readonly #running = this.#gauge('spark_swap_running', '1 while a swap runs', [])
  readonly #queued = this.#gauge('spark_swaps_queued', 'Swaps that wait for their turn', [])
  readonly #outcomes = this.#gauge('spark_recent_swaps', 'Outcomes of the last 100 swaps', ['outcome'])
  readonly #reachable = this.#gauge('spark_host_reachable', '1 when the monitor reaches the host', ['host'])
  readonly #healthy = this.#gauge('spark_host_healthy', '1 when the model of the host is healthy', ['host'])
  readonly #total = this.#gauge('spark_host_memory_total_bytes', 'MemTotal of the host', ['host'])
  readonly #available = this.#gauge('spark_host_memory_available_bytes', 'MemAvailable of the host', ['host'])

  constructor() {
    collectDefaultMetrics({ register: this.#registry })
  }

  observeRequest({ method, route, status, duration_s }: Observed): void {
    const labels = { method: knownMethods.has(method) ? method : 'other', route }
    this.#requests.inc({ ...labels, status })
    if (!route.endsWith('/stream') && route !== '/events') this.#duration.observe(labels, duration_s)
  }

  /** `route` as the route table has it. */
  observeRefusal(route: string, code: ErrorCode): void {
    this.#refusals.inc({ route, code })
  }

  /** The exposition text, with the cluster as `status` has it. Hosts and facts that are not known have no line. */
  async expose(status: Status, recent: readonly Swap[]): Promise<string> {
    for (const [part, { ok }] of Object.entries(status.parts)) this.#part.set({ part }, Number(ok))
    this.#lock.set(Number(status.lock.held))
    this.#waiting.set(status.lock.waiting)
    this.#running.set(Number(status.swap !== null))
    this.#queued.set(status.queue.length)
    this.#outcomes.reset()
    for (const { outcome } of recent) if (outcome !== null) this.#outcomes.inc({ outcome })
    this.#showHosts(status)
    return await this.#registry.metrics()
  }

  #showHosts(status: Status): void {
    for (const gauge of [this.#reachable, this.#healthy, this.#total, this.#available]) gauge.reset()
    for (const { name: host, reachable, deployment, mem_total_bytes: total, mem_available_bytes: available } of status.hosts) {
      if (reachable !== null) this.#reachable.set({ host }, Number(reachable))
      if (deployment !== null) this.#healthy.set({ host }, Number(deployment.healthy))
      if (total !== null) this.#total.set({ host }, total)
      if (available !== null) this.#available.set({ host }, available)
    }
  }

  #gauge<L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] })
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }
}
