import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { createArbiterClient } from '../../activities/arbiter.ts'
import type { Batcher } from '../../domain/group-commit.ts'
import { taskQueueOf } from '../../domain/names.ts'
import { Contender, type Habits } from './contender.ts'
import { ArbiterDoor, HttpDoor, type LockDoor, type Wrong } from './lock-door.ts'
import { LockHistory, type Operation } from './lock-history.ts'
import { LongHistory } from './long-history.ts'
import type { Choices } from './seed.ts'

/** What is contended for, and how it is hit. */
export interface Target {
  /** Of the API processes. */
  readonly urls: readonly string[]
  readonly hosts: readonly string[]
  /** Kills a part and starts it again; resolves when it is started, which is not yet when it serves. */
  readonly kill: () => Promise<void>
  /** As another process of ours asks, beside the API; null: nobody does. */
  readonly arbiter: Batcher | null
}

export interface Round {
  readonly faults: readonly string[]
  readonly grants: number
  readonly operations: number
  /** From the kill to the first grant after it. */
  readonly silence_ms: number
}

const contenders = 12
const ttl_s = 10
/** Grants before the kill, at most, and after it. */
const [most, after] = [12, 6]

/** Kills under contention, one after the other, each with a history of its own that goes on where the one before ended. */
export class KillRounds {
  /** Answers that nobody may get. */
  readonly wrong: Wrong = []
  readonly #choices: Choices
  readonly #connection: Connection | null
  readonly #long = new LongHistory()

  /** Ends with `close`. */
  constructor(choices: Choices, connection: Connection | null = null) {
    this.#choices = choices
    this.#connection = connection
  }

  static async besides(temporalAddress: string, choices: Choices): Promise<KillRounds> {
    return new KillRounds(choices, await Connection.connect({ address: temporalAddress }))
  }

  /** A batcher of its own, as a further process has it. */
  arbiter(clusterId: string): Batcher {
    if (this.#connection === null) throw new Error('these rounds have no way to Temporal')
    return createArbiterClient({ client: new Client({ connection: this.#connection }), clusterId, taskQueue: taskQueueOf(clusterId) })
  }

  /** One kill, at a moment of its own, with grants before and after it. */
  async round({ urls, hosts, kill, arbiter }: Target): Promise<Round> {
    const history = new LockHistory()
    const grants = (since = 0): Operation[] =>
      history.operations.filter(({ asked, told, from_ms }) => asked.what === 'acquire' && told.kind === 'granted' && from_ms >= since)
    const doors = Array.from({ length: contenders }, (_, i): LockDoor => {
      const name = `contender-${i + 1}`
      return i % 3 === 2 && arbiter !== null
        ? new ArbiterDoor(arbiter, name, this.wrong)
        : new HttpDoor(urls[i % urls.length] ?? '', name, this.wrong)
    })
    let goesOn = true
    const all = doors.map((door, i) => new Contender(`contender-${i + 1}`, door, history, this.#choices.apart(), this.#habits(hosts)))
    const over = Promise.all(all.map((contender) => contender.contend(() => goesOn)))
    const before = Math.floor(this.#choices.between(1, most))
    while (grants().length < before) await pause(5)
    const killed_ms = performance.now()
    await kill()
    const started_ms = performance.now()
    while (grants(started_ms).length < after) await pause(20)
    goesOn = false
    await over
    await this.#free(history, doors[0], hosts)
    await Promise.all(doors.map((door) => door.close()))
    const first = grants(killed_ms).toSorted((a, b) => a.to_ms - b.to_ms)[0]
    const { operations } = history
    return {
      faults: this.#long.judge(operations),
      operations: operations.length,
      grants: grants().length,
      silence_ms: (first?.to_ms ?? Infinity) - killed_ms,
    }
  }

  async close(): Promise<void> {
    await this.#connection?.close()
  }

  #habits(hosts: readonly string[]): Habits {
    const choices = this.#choices.apart()
    const work: Habits['work'] = async ({ token, ttl_ms, ask }) => {
      await pause(choices.between(0, 40))
      if (choices.chance(0.3)) await ask({ what: 'extend', token, ttl_ms })
    }
    return { wants: [hosts], ttl_s, work, lostAnswers: 0.05, forgets: 0 }
  }

  /** So that the next round begins with nobody holding anything. */
  async #free(history: LockHistory, door: LockDoor | undefined, hosts: readonly string[]): Promise<void> {
    const asked = { what: 'force', hosts } as const
    while (door !== undefined && (await history.keep('the end of the round', asked, () => door.ask(asked))).kind === 'unknown') await pause(50)
  }
}
