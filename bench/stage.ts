import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { loadConfig } from '../config/load.ts'
import type { Cluster } from '../domain/cluster.ts'
import type { Model } from '../domain/model.ts'
import { Status } from '../domain/status.ts'
import { freePort } from '../scripts/free-port.ts'
import { findTemporalCli } from '../scripts/bootstrap/temporal-cli.mjs'
import { partsOf } from '../scripts/up/parts.ts'
import { partLogsDir, planFrom, type Plan } from '../scripts/up/plan.ts'
import { answersOk } from '../scripts/up/readiness.ts'
import { Supervisor } from '../scripts/up/supervisor.ts'
import { newInstance, type Instance } from './instance.ts'

export interface StageOptions {
  /** How long models load, in seconds: `20`, or a range of which each model has its own place: `1-3`. */
  readonly load_s: string
  /** How much faster than a real Spark all else is (stop, memory, completions): 1 is real. */
  readonly timeScale: number
}

const readyLimit_ms = 90_000

/**
 * Spark Control as `npm start` runs it (Temporal's server on a file, worker, API, two simulated Sparks), each a process of its own, under the same
 * supervisor. Whoever starts it stops it; if its owner dies first, its processes are ended too.
 */
export class Stage {
  readonly options: StageOptions
  readonly instance: Instance
  readonly #plan: Plan
  readonly #supervisor: Supervisor
  readonly #say: (text: string) => void
  #further: { readonly ports: readonly number[]; readonly supervisor: Supervisor } | null = null
  #temporal: Promise<Connection> | null = null

  /** Resolves when a swap would be accepted. Throws, with the parts' last lines, when that takes too long. */
  static async start(options: StageOptions, say: (text: string) => void): Promise<Stage> {
    const cli = (await findTemporalCli()).path
    if (cli === null) throw new Error('the Temporal CLI is missing; `npm run bench` brings it')
    const stage = new Stage(options, await newInstance(), cli, say)
    try {
      await Promise.race([stage.#up(), delay(readyLimit_ms, null, { ref: false }).then(() => stage.#tooLate())])
      return stage
    } catch (error) {
      await stage.stop()
      throw error
    }
  }

  private constructor(options: StageOptions, instance: Instance, temporalCli: string, say: (text: string) => void) {
    this.options = options
    this.instance = instance
    this.#plan = planFrom(instance.env)
    this.#say = say
    const pace = ['--load-s', options.load_s, '--time-scale', String(options.timeScale)]
    const parts = partsOf(this.#plan, temporalCli, instance.env).map((stage) =>
      stage.map((part) => (part.name === 'demo' ? { ...part, args: [...part.args, ...pace] } : part)),
    )
    this.#supervisor = new Supervisor(parts, partLogsDir(this.#plan), say)
  }

  get url(): string {
    return this.instance.url
  }

  /** The hosts and the catalog, as the worker and the API read them. */
  config(): { cluster: Cluster; models: ReadonlyMap<string, Model>; keysDir: string; memoryFloorGib: number } {
    const state = loadConfig(this.#plan.places, this.instance.env)
    if (state.kind !== 'ready') throw new Error(state.message)
    const { cluster, models, settings } = state
    return { cluster, models, keysDir: this.#plan.places.keysDir, memoryFloorGib: settings.memory_floor_gib }
  }

  /** What a simulated host wrote down about itself: one JSON line an event. */
  async hostEvents(host: string): Promise<unknown[]> {
    const text = await readFile(join(this.instance.dataDir, 'demo', host, 'events.jsonl'), 'utf8')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line))
  }

  /** A client of its Temporal server; closed with the stage. */
  async temporal(): Promise<Client> {
    this.#temporal ??= Connection.connect({ address: this.instance.temporalAddress })
    return new Client({ connection: await this.#temporal, namespace: this.#plan.namespace })
  }

  /** Ports of so many API processes in all, on the same Temporal: those that are missing are started, and end with the stage. */
  async apis(count: number): Promise<readonly number[]> {
    const own = this.instance.port
    const ports = this.#further?.ports ?? (await Promise.all(Array.from({ length: count - 1 }, () => freePort())))
    if (this.#further === null) {
      const api = partsOf(this.#plan, null, this.instance.env)
        .flat()
        .find(({ name }) => name === 'api')
      if (api === undefined) throw new Error('the plan has no API')
      const specs = ports.map((port, i) => ({
        ...api,
        name: `api-${i + 2}`,
        env: { ...api.env, SPARK_LISTEN: `127.0.0.1:${port}` },
        ready: (_part: unknown, signal: AbortSignal) => answersOk(`http://127.0.0.1:${port}/readyz`, signal),
      }))
      this.#further = { ports, supervisor: new Supervisor([specs], partLogsDir(this.#plan), this.#say) }
      await this.#further.supervisor.start()
    }
    return [own, ...ports]
  }

  /** Ends those beside the stage's own. */
  async oneApiAgain(): Promise<void> {
    const further = this.#further
    this.#further = null
    await further?.supervisor.stop()
  }

  async stop(): Promise<void> {
    await this.oneApiAgain()
    await (await this.#temporal?.catch(() => null))?.close()
    await this.#supervisor.stop()
    await this.instance.remove()
  }

  async #up(): Promise<void> {
    await this.#supervisor.start()
    while (!(await this.#allHostsKnown())) await delay(100)
  }

  /** A fresh arbiter looks at every host before it grants any. */
  async #allHostsKnown(): Promise<boolean> {
    const answer = await fetch(`${this.url}/api/status`)
    const text = await answer.text()
    if (answer.status !== 200) return false
    const { hosts } = Status.parse(JSON.parse(text))
    return hosts.length > 0 && hosts.every((host) => host.arbiter === 'known')
  }

  async #tooLate(): Promise<never> {
    const logs = await Promise.all(['worker', 'api', 'demo', 'temporal'].map((part) => this.#lastLines(part)))
    throw new Error(`not ready after ${readyLimit_ms / 1000} s\n${logs.join('\n')}`)
  }

  async #lastLines(part: string): Promise<string> {
    const text = await readFile(join(partLogsDir(this.#plan), `${part}.log`), 'utf8').catch(() => '')
    return text
      .trim()
      .split('\n')
      .slice(-5)
      .map((line) => `  ${part}: ${line.slice(0, 400)}`)
      .join('\n')
  }
}
