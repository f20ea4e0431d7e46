import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { givePort, keepPort } from '../../demo/ports.ts'
import { Status, type HostStatus } from '../../domain/status.ts'
import { Swap, type PhaseName, type SwapBody } from '../../domain/swap.ts'
import { TemporalServer } from '../setup/temporal-server.ts'
import { Line } from './line.ts'
import { Part } from './part.ts'

/** The parts of the product that a test may kill. */
export type PartName = 'worker' | 'api' | 'temporal'

export interface ApiAnswer {
  readonly status: number
  readonly json: Record<string, unknown>
}

export interface PlaneOptions {
  /** How many API processes serve, each on a port of its own: `urls`. */
  readonly apis?: number
  /** All processes reach Temporal by a line that can be cut: `line`. */
  readonly cuttable?: boolean
}

const lookEveryMs = 50

/**
 * Temporal's server on its SQLite file, a worker and the API, each a real process, on the configuration in a data directory.
 * The waits have no limit of their own: the test's bounds them. Whoever starts it closes it.
 */
export class ControlPlane {
  readonly url: string
  /** Of every API process. */
  readonly urls: readonly string[]
  /** The way from them to Temporal, where it was asked for. */
  readonly line: Line | null
  readonly #ports: readonly number[]
  readonly #env: NodeJS.ProcessEnv
  readonly #logsDir: string
  readonly #temporal: TemporalServer
  readonly #parts: Readonly<Record<'worker' | 'api', Part>>
  readonly #further: Part[] = []

  /** Resolves when every host was looked at, or found unreachable. */
  static async start(dataDir: string, { apis = 1, cuttable = false }: PlaneOptions = {}): Promise<ControlPlane> {
    const [temporal, ...ports] = await Promise.all([TemporalServer.start(), ...Array.from({ length: apis }, () => keepPort(0))])
    const plane = new ControlPlane(dataDir, temporal, ports, cuttable ? await Line.open(temporal.port) : null)
    plane.startAgain('worker')
    plane.startAgain('api')
    for (const port of ports.slice(1)) plane.#anotherApi(port)
    await plane.untilStatus(({ hosts }) => hosts.every(({ arbiter }) => arbiter === 'known' || arbiter === 'unreachable'))
    return plane
  }

  private constructor(dataDir: string, temporal: TemporalServer, ports: readonly number[], line: Line | null) {
    this.#temporal = temporal
    this.#ports = ports
    this.line = line
    this.urls = ports.map((port) => `http://127.0.0.1:${port}`)
    this.url = this.urls[0] ?? ''
    this.#logsDir = join(dataDir, 'parts')
    mkdirSync(this.#logsDir, { recursive: true })
    const { PATH, HOME } = process.env
    this.#env = { PATH, HOME, SPARK_DATA_DIR: dataDir, TEMPORAL_ADDRESS: line === null ? temporal.address : `127.0.0.1:${line.port}` }
    this.#parts = { worker: this.#part('worker.ts', 'worker'), api: this.#part('api/server.ts', 'api', ports[0]) }
  }

  get worker(): Part {
    return this.#parts.worker
  }

  get api(): Part {
    return this.#parts.api
  }

  /** Where Temporal itself listens, past the line. */
  get temporalAddress(): string {
    return this.#temporal.address
  }

  /** A second worker on the same Temporal, as on another machine. */
  anotherWorker(): Part {
    const worker = this.#part('worker.ts', `worker-${this.#further.length + 2}`)
    this.#further.push(worker)
    worker.start()
    return worker
  }

  kill(part: PartName): Promise<void> {
    return part === 'temporal' ? this.#temporal.kill() : this.#parts[part].kill()
  }

  /** As the supervisor does: on the same port, file and directory. */
  startAgain(part: 'worker' | 'api'): void
  startAgain(part: PartName): Promise<void>
  startAgain(part: PartName): Promise<void> | void {
    if (part === 'temporal') return this.#temporal.up()
    this.#parts[part].start()
  }

  ask(path: string, init: RequestInit = {}): Promise<ApiAnswer> {
    return this.askAt(this.url, path, init)
  }

  /** Asks one of `urls`. */
  async askAt(url: string, path: string, init: RequestInit = {}): Promise<ApiAnswer> {
    const answer = await fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(20_000) })
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> } // every answer of these routes is an object
  }

  send(method: 'POST' | 'DELETE', path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<ApiAnswer> {
    return this.ask(path, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  }

  /** Asks for a swap that must be accepted; gives its id. */
  async startSwap(body: Partial<SwapBody> & Pick<SwapBody, 'model'>): Promise<string> {
    const { status, json } = await this.send('POST', '/api/swap', body)
    if (status !== 202) throw new Error(`the swap was not accepted: ${JSON.stringify(json)}`)
    return String(json['swap_id'])
  }

  /** Asks for a swap, waits for its end, and gives its record. */
  async swap(body: Partial<SwapBody> & Pick<SwapBody, 'model'>): Promise<Swap> {
    return this.untilSwap(await this.startSwap(body), (swap) => swap.state === 'done')
  }

  /** Waits until the API tells a swap as `wanted` says; also over times in which it tells nothing. Throws when the swap ends without ever being so. */
  async untilSwap(swapId: string, wanted: (swap: Swap) => boolean): Promise<Swap> {
    for (;;) {
      const swap = await this.#swap(swapId)
      if (swap !== null && wanted(swap)) return swap
      if (swap?.state === 'done') throw new Error(`the swap ended before that: ${JSON.stringify(swap)}\n${this.lastWords()}`)
      await pause(lookEveryMs)
    }
  }

  inPhase(swapId: string, phase: PhaseName): Promise<Swap> {
    return this.untilSwap(swapId, (swap) => swap.phase === phase && swap.state === 'running')
  }

  ended(swapId: string): Promise<Swap> {
    return this.untilSwap(swapId, (swap) => swap.state === 'done')
  }

  async untilStatus(wanted: (status: Status) => boolean): Promise<Status> {
    for (;;) {
      const answer = await this.ask('/api/status').catch(() => null)
      const status = answer?.status === 200 ? Status.parse(answer.json) : null
      if (status?.parts.temporal.ok === true && wanted(status)) return status
      await pause(lookEveryMs)
    }
  }

  /** What the API says of a host, once it says it of a fresh look. */
  async host(name: string, wanted: (host: HostStatus) => boolean = ({ reachable }) => reachable === true): Promise<HostStatus> {
    const find = (status: Status): HostStatus | undefined => status.hosts.find((host) => host.name === name && wanted(host))
    const found = find(await this.untilStatus((status) => find(status) !== undefined))
    if (found === undefined) throw new Error(`no host ${name}`)
    return found
  }

  lastWords(): string {
    return Object.entries(this.#parts)
      .map(([name, part]) => `${name}: ${part.lastWords()}`)
      .join('\n')
  }

  async close(): Promise<void> {
    await Promise.all([this.#parts.worker.close(), this.#parts.api.close(), ...this.#further.map((part) => part.close())])
    await this.line?.close()
    await this.#temporal.stop()
    for (const port of this.#ports) givePort(port)
  }

  #anotherApi(port: number): void {
    const api = this.#part('api/server.ts', `api-${port}`, port)
    this.#further.push(api)
    api.start()
  }

  #part(script: string, name: string, port?: number): Part {
    const env = port === undefined ? this.#env : { ...this.#env, SPARK_LISTEN: `127.0.0.1:${port}` }
    return new Part(script, env, join(this.#logsDir, `${name}.log`))
  }

  async #swap(swapId: string): Promise<Swap | null> {
    const answer = await this.ask(`/api/swap/${swapId}`).catch(() => null)
    return answer?.status === 200 ? Swap.parse(answer.json) : null
  }
}
