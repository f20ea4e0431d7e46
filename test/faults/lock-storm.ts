import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { createArbiterClient } from '../../activities/arbiter.ts'
import type { Hosts } from '../../activities/hosts.ts'
import { taskQueueOf } from '../../domain/names.ts'
import { Contender, type Habits, type Holding } from './contender.ts'
import { ArbiterDoor, HttpDoor, type LockDoor, type Wrong } from './lock-door.ts'
import { LockHistory } from './lock-history.ts'
import { launchers } from './scenes.ts'
import type { Choices } from './seed.ts'
import { WorkSite } from './work-site.ts'
import type { World } from './world.ts'

/** The shortest that the API takes, and what the arbiter itself takes. Seconds. */
const [shortOverHttp_s, short_s] = [10, 2]
/** Of the work under one lock: longer than the short TTL, so that locks expire under their holders. Seconds. */
const longestWork_s = 4
/** Of the model of a swap; its other phases take as long again. Seconds. */
const longestLoad_s = 2

/** What came of a holder's commands to its host. */
export interface WorkDone {
  done: number
  refused: number
  unknown: number
}

/**
 * Many who want the locks of a world's hosts at the same time: half of them by its API processes, with swaps and with commands to the hosts, half by the
 * arbiter's Update with a TTL that is shorter than their work. Whoever makes one closes it.
 */
export class LockStorm {
  readonly history = new LockHistory()
  /** Answers that nobody may get. */
  readonly wrong: Wrong = []
  readonly swapIds: string[] = []
  readonly work: WorkDone = { done: 0, refused: 0, unknown: 0 }
  readonly #world: World
  readonly #choices: Choices
  readonly #connection: Connection
  readonly #ssh: Hosts
  readonly #site: WorkSite
  readonly #http: HttpDoor[] = []
  #goesOn = true

  static async over(world: World, choices: Choices): Promise<LockStorm> {
    return new LockStorm(world, choices, await Connection.connect({ address: world.plane.temporalAddress }))
  }

  private constructor(world: World, choices: Choices, connection: Connection) {
    this.#world = world
    this.#choices = choices
    this.#connection = connection
    this.#ssh = world.reachHosts()
    this.#site = new WorkSite(this.#ssh, world.clusterId)
  }

  get grants(): number {
    return this.history.operations.filter(({ asked, told }) => asked.what === 'acquire' && told.kind === 'granted').length
  }

  summary(): string {
    const { done, refused, unknown } = this.work
    const lost = this.history.operations.filter(({ told }) => told.kind === 'unknown').length
    const commands = `${done} commands done, ${refused} refused by the host, ${unknown} unheard of`
    return `${this.history.operations.length} operations (${lost} without an answer), ${this.grants} grants, ${this.swapIds.length} swaps, ${commands}`
  }

  /** So many contend until `meanwhile` is over; resolves when all of them have given back what they held, and all their swaps have ended. */
  async rage(contenders: number, meanwhile: () => Promise<void>): Promise<void> {
    const { urls } = this.#world.plane
    const arbiter = this.#arbiter()
    const all = Array.from({ length: contenders }, (_, i) => {
      const name = `contender-${i + 1}`
      if (i % 2 === 1) return this.#contender(name, new ArbiterDoor(arbiter, name, this.wrong), short_s, (held) => this.#work(held))
      const door = new HttpDoor(urls[(i / 2) % urls.length] ?? '', name, this.wrong)
      this.#http.push(door)
      const choices = this.#choices.apart()
      const work: Habits['work'] = (held, goesOn) => (choices.chance(0.4) ? this.#swap(door, held, choices, goesOn) : this.#work(held))
      return this.#contender(name, door, shortOverHttp_s, work)
    })
    const over = Promise.all(all.map((contender) => contender.contend(() => this.#goesOn)))
    await meanwhile()
    this.#goesOn = false
    await over
    await Promise.all(this.swapIds.map((id) => this.#world.plane.ended(id)))
  }

  async close(): Promise<void> {
    this.#goesOn = false
    await Promise.all(this.#http.map((door) => door.close()))
    await this.#ssh.close()
    await this.#connection.close()
  }

  #arbiter() {
    const { clusterId } = this.#world
    return createArbiterClient({ client: new Client({ connection: this.#connection }), clusterId, taskQueue: taskQueueOf(clusterId) })
  }

  #contender(name: string, door: LockDoor, ttl_s: number, work: Habits['work']): Contender {
    const names = this.#world.hosts.map((host) => host.name)
    const habits = {
      wants: [...names.map((host) => [host]), ...names.map((host) => [host]), names.slice(0, 2)],
      ttl_s,
      work,
      lostAnswers: 0.05,
      forgets: ttl_s === short_s ? 0.3 : 0,
    }
    return new Contender(name, door, this.history, this.#choices.apart(), habits)
  }

  /** Commands one after the other, as long as its hosts take them. It does not look at the time: that is what fences are for. */
  async #work({ hosts, fence, token, ttl_ms, ask }: Holding): Promise<void> {
    const choices = this.#choices.apart()
    const until = performance.now() + choices.between(0, longestWork_s) * 1000
    if (choices.chance(0.2)) await ask({ what: 'extend', token, ttl_ms })
    do {
      const came = await this.#site.work(choices.pick(hosts), fence, choices.between(0, 0.6))
      this.work[came] += 1
      if (came === 'refused') return
    } while (performance.now() < until)
  }

  async #swap(door: HttpDoor, { hosts, token, ask }: Holding, choices: Choices, goesOn: () => boolean): Promise<void> {
    const host = choices.pick(hosts)
    this.#world.host(host).behave({ load_s: choices.between(0, longestLoad_s) })
    door.swapBody = { model: `${choices.pick(['old', 'new'])}-${choices.pick(launchers)}`, restart: true }
    door.swapId = null
    await ask({ what: 'swap', token, hosts: [host] })
    const { swapId } = door as { swapId: string | null } // set while it asked, which the compiler does not see
    if (swapId === null) return
    this.swapIds.push(swapId)
    while (goesOn() && !(await hasEnded(door, swapId))) await pause(100)
  }
}

async function hasEnded(door: HttpDoor, swapId: string): Promise<boolean> {
  const swap = await door.get(`/api/swap/${swapId}`).catch(() => null)
  return swap?.['state'] === 'done'
}
