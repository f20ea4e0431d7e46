import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { Swap } from '../../domain/swap.ts'
import type { ApiAnswer } from './control-plane.ts'
import { commands, type Real } from './coordination-commands.ts'
import { CoordinationModel, type Request } from './coordination-model.ts'
import type { World } from './world.ts'

interface Size {
  readonly runs: number
  readonly mostCommands: number
  readonly seed: number
}

/** Longer than a command whose caller gave up may still be done (ARBITER.md A4), and than a list of swaps is kept. */
const onItsWay_ms = 7_000

/** Runs of commands against the API, several at the same time, each on two hosts of its own. */
export class ModelRuns {
  /** How many requests were made. */
  requests = 0
  readonly #world: World
  readonly #lanes: number

  constructor(world: World, lanes: number) {
    this.#world = world
    this.#lanes = lanes
  }

  /** The hosts that a world needs for so many at a time. */
  static hostsOf(lanes: number): string[] {
    return Array.from({ length: lanes * 2 }, (_, i) => `spark-${i + 1}`)
  }

  /** Throws, with the commands that led there and how to run them again, when the API and the model disagree. `told` hears of each run that is through. */
  async check({ runs, mostCommands, seed }: Size, told: () => void = () => undefined): Promise<void> {
    const lanes = Array.from({ length: this.#lanes }, (_, lane) => this.#lane(lane))
    const ends = await Promise.allSettled(
      lanes.map((real, lane) =>
        fc.assert(
          fc.asyncProperty(commands(mostCommands), async (some) => {
            const model = new CoordinationModel()
            let wasAnswered = true
            const ask: Real['ask'] = async (request) => {
              const answer = await real.ask(request)
              wasAnswered &&= answer.status !== 503
              return answer
            }
            for (const host of real.hosts) host.freeze(true)
            try {
              await fc.asyncModelRun(() => ({ model, real: { ...real, ask } }), some)
            } finally {
              await this.#clear(model, real, wasAnswered)
            }
            told()
          }),
          { numRuns: Math.ceil(runs / this.#lanes), seed: seed + lane, endOnFailure: true, maxSkipsPerRun: 5 },
        ),
      ),
    )
    for (const end of ends) if (end.status === 'rejected') throw end.reason instanceof Error ? end.reason : new Error(String(end.reason))
  }

  #lane(lane: number): Real {
    const [first, second] = this.#world.hosts.slice(lane * 2, lane * 2 + 2)
    if (first === undefined || second === undefined) throw new Error(`the world has no hosts for lane ${lane}`)
    return { ask: (request) => this.#ask(request), hosts: [first, second], prefix: `lane-${lane}-` }
  }

  /** By one API process and the other in turn. */
  #ask({ method, path, body, token }: Request): Promise<ApiAnswer> {
    const { urls } = this.#world.plane
    this.requests += 1
    return this.#world.plane.askAt(urls[this.requests % urls.length] ?? '', path, {
      method,
      headers: { 'content-type': 'application/json', ...(token !== undefined && { 'x-swap-lock-token': token }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  }

  /** For the next run: nothing runs or waits, nobody holds anything, nothing is registered. */
  async #clear(model: CoordinationModel, real: Real, wasAnswered: boolean): Promise<void> {
    for (const host of real.hosts) host.freeze(false)
    const hosts = real.hosts.map((host) => host.name)
    // What got no answer may still be on its way, and may be more than the model knows of.
    if (!wasAnswered) await pause(onItsWay_ms)
    const { swaps } = (await this.#answer({ method: 'GET', path: '/api/swap?limit=100' })) as { swaps: readonly Swap[] } // domain/swap-answer.ts
    const open = swaps.filter((swap) => swap.state !== 'done' && swap.hosts.some((host) => hosts.includes(host)))
    for (const id of new Set([...open.map(({ swap_id }) => swap_id), ...model.swapIds])) {
      while ((await this.#answer({ method: 'GET', path: `/api/swap/${id}` }))['state'] !== 'done') await pause(40)
    }
    await this.#answer({ method: 'DELETE', path: '/api/swap/lock?force=true', body: { reason: 'the next run', hosts } })
    for (const id of model.schedules.keys()) await this.#answer({ method: 'DELETE', path: `/api/schedule/${id}` })
  }

  /** Asks until it is answered. */
  async #answer(request: Request): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const { status, json } = await this.#ask(request)
      if (status !== 503) return json
    }
  }
}
