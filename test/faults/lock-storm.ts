import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { createArbiterClient } from '../../activities/arbiter.ts'
import type { Hosts } from '../../activities/hosts.ts'
import type { DemoHost } from '../../demo/host.ts'
import type { Batcher } from '../../domain/group-commit.ts'
import { taskQueueOf } from '../../domain/names.ts'
import { Contender, type Habits, type Holding } from './contender.ts'
import { ArbiterDoor, HttpDoor, type LockDoor, type Wrong } from './lock-door.ts'
import { LockHistory } from './lock-history.ts'
import { launchers } from './scenes.ts'
import type { Choices } from './seed.ts'
import { WorkSite } from './work-site.ts'
import type { World } from './world.ts'

/** What is contended for. */
export interface Field {
  /** Of the processes that serve the lock. */
  readonly urls: readonly string[]
  readonly hosts: readonly DemoHost[]
  /** The way to the hosts; stays its owner's. */
  readonly ssh: Hosts
  readonly clusterId: string
  /** Half of the contenders go this way, past the API; null: none does. */
  readonly arbiter: Batcher | null
  /** Resolves when a swap is over; null where there are no swaps. */
  readonly ended: ((swapId: string) => Promise<unknown>) | null
  /** Of the contenders over HTTP: the API takes no shorter one than 10. */
  readonly ttl_s: number
}

/** What the arbiter itself takes, past the API. Seconds. */
const short_s = 2
/** Of the work under one lock: longer than the short TTL, so that locks expire under their holders. Seconds. */
const longestWork_s = 4
/** Of the model of a swap; its other phases take as long again. Seconds. */
const longestLoad_s = 2

/** The field of a world with all of its ways, and how to leave it. */
export async function fieldOf(world: World): Promise<{ field: Field; leave: () => Promise<void> }> {
  const { plane, clusterId, hosts } = world
  const connection = await Connection.connect({ address: plane.temporalAddress })
  const arbiter = createArbiterClient({ client: new Client({ connection }), clusterId, taskQueue: taskQueueOf(clusterId) })
  const ssh = world.reachHosts()
  const leave = async (): Promise<void> => {
    await ssh.close()
    await connection.close()
  }
  return { field: { urls: plane.urls, hosts, ssh, clusterId, arbiter, ended: (id) => plane.ended(id), ttl_s: 10 }, leave }
}

/** Many who want the locks of some hosts at the same time, and change the hosts while they hold them: by swaps, and by commands that carry their fence. */
export class LockStorm {
  readonly history = new LockHistory()
  /** Answers that nobody may get. */
  readonly wrong: Wrong = []
  readonly swapIds: string[] = []
  /** What came of the holders' commands to their hosts. */
  readonly work = { done: 0, refused: 0, unknown: 0 }
  readonly #field: Field
  readonly #choices: Choices
  readonly #site: WorkSite

  constructor(field: Field, choices: Choices) {
    this.#field = field
    this.#choices = choices
    this.#site = new WorkSite(field.ssh, field.clusterId)
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

  /** So many contend until `meanwhile` is over; resolves when nobody holds anything any more, and all their swaps have ended. */
  async rage(contenders: number, meanwhile: () => Promise<void>): Promise<void> {
    const all = Array.from({ length: contenders }, (_, i) => this.#contender(i))
    let goesOn = true
    const over = Promise.all(all.map(({ contender }) => contender.contend(() => goesOn)))
    try {
      await meanwhile()
    } finally {
      goesOn = false
      await over
      await this.#free(all[0]?.door)
      await Promise.all(all.map(({ door }) => door.close()))
    }
    const { ended } = this.#field
    if (ended !== null) await Promise.all(this.swapIds.map((id) => ended(id)))
  }

  /** Of what some went away with. */
  async #free(door: LockDoor | undefined): Promise<void> {
    const asked = { what: 'force', hosts: this.#field.hosts.map((host) => host.name) } as const
    while (door !== undefined && (await this.history.keep('the end', asked, () => door.ask(asked))).kind === 'unknown') await pause(50)
  }

  #contender(i: number): { contender: Contender; door: LockDoor } {
    const { urls, arbiter, ttl_s, ended } = this.#field
    const name = `contender-${i + 1}`
    if (i % 2 === 1 && arbiter !== null) {
      const door = new ArbiterDoor(arbiter, name, this.wrong)
      return { door, contender: new Contender(name, door, this.history, this.#choices.apart(), this.#habits(short_s, this.#commands())) }
    }
    const door = new HttpDoor(urls[Math.floor(i / 2) % urls.length] ?? '', name, this.wrong)
    const choices = this.#choices.apart()
    const commands = this.#commands()
    const work: Habits['work'] = (held, goesOn) =>
      ended !== null && choices.chance(0.4) ? this.#swap(door, held, choices, goesOn) : commands(held, goesOn)
    return { door, contender: new Contender(name, door, this.history, this.#choices.apart(), this.#habits(ttl_s, work)) }
  }

  #habits(ttl_s: number, work: Habits['work']): Habits {
    const names = this.#field.hosts.map((host) => host.name)
    const alone = names.map((host) => [host])
    return { wants: [...alone, ...alone, names.slice(0, 2)], ttl_s, work, lostAnswers: 0.05, forgets: ttl_s > short_s ? 0 : 0.3 }
  }

  /** Commands one after the other, as long as its hosts take them. It does not look at the time: that is what fences are for. */
  #commands(): Habits['work'] {
    const choices = this.#choices.apart()
    return async ({ hosts, fence, token, ttl_ms, ask }) => {
      const until = performance.now() + choices.between(0, longestWork_s) * 1000
      if (choices.chance(0.2)) await ask({ what: 'extend', token, ttl_ms })
      do {
        const came = await this.#site.work(choices.pick(hosts), fence, choices.between(0, 0.6))
        this.work[came] += 1
        if (came === 'refused') return
      } while (performance.now() < until)
    }
  }

  async #swap(door: HttpDoor, { hosts, token, ask }: Holding, choices: Choices, goesOn: () => boolean): Promise<void> {
    const host = this.#field.hosts.find(({ name }) => name === hosts[0])
    host?.behave({ load_s: choices.between(0, longestLoad_s) })
    door.swapBody = { model: `${choices.pick(['old', 'new'])}-${choices.pick(launchers)}`, restart: true }
    door.swapId = null
    await ask({ what: 'swap', token, hosts: hosts.slice(0, 1) })
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
