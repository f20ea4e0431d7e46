import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { LockDoor } from './lock-door.ts'
import type { Asked, LockHistory, Told } from './lock-history.ts'
import type { Choices } from './seed.ts'

/** What a contender holds, and may still ask for while it does. */
export interface Holding {
  readonly token: string
  readonly hosts: readonly string[]
  readonly fence: number
  readonly ttl_ms: number
  readonly ask: (asked: Asked) => Promise<Told>
}

export interface Habits {
  /** One of these sets of hosts is wanted each time. */
  readonly wants: readonly (readonly string[])[]
  readonly ttl_s: number
  /** What it does with the lock. It may take longer than the TTL, and does not throw. */
  readonly work: (held: Holding, goesOn: () => boolean) => Promise<void>
  /** So often, of 1, an answer is lost on its way back although everything was done. */
  readonly lostAnswers: number
  /** So often, of 1, it walks away without giving the lock back. */
  readonly forgets: number
}

const longestPause_ms = 120

/** One of many who want the lock: takes it, works, gives it back, and asks again under the same token wherever an answer is lost. */
export class Contender {
  readonly #name: string
  readonly #door: LockDoor
  readonly #history: LockHistory
  readonly #choices: Choices
  readonly #habits: Habits

  constructor(name: string, door: LockDoor, history: LockHistory, choices: Choices, habits: Habits) {
    this.#name = name
    this.#door = door
    this.#history = history
    this.#choices = choices
    this.#habits = habits
  }

  /** Contends as long as it may; what it holds then it still gives back. */
  async contend(goesOn: () => boolean): Promise<void> {
    const ttl_ms = this.#habits.ttl_s * 1000
    while (goesOn()) {
      const token = randomBytes(16).toString('hex')
      const hosts = this.#choices.pick(this.#habits.wants)
      const fence = await this.#acquire(token, hosts, goesOn)
      if (fence !== null) {
        await this.#habits.work({ token, hosts, fence, ttl_ms, ask: (asked) => this.ask(asked) }, goesOn)
        if (!this.#choices.chance(this.#habits.forgets)) await this.#untilKnown({ what: 'release', token }, goesOn)
      }
      await pause(this.#choices.between(1, longestPause_ms))
    }
  }

  /** One operation, kept in the history as this contender saw it. */
  ask(asked: Asked): Promise<Told> {
    return this.#history.keep(this.#name, asked, async () => {
      const told = await this.#door.ask(asked)
      return this.#choices.chance(this.#habits.lostAnswers) ? { kind: 'unknown' } : told
    })
  }

  async #acquire(token: string, hosts: readonly string[], goesOn: () => boolean): Promise<number | null> {
    const told = await this.#untilKnown({ what: 'acquire', token, hosts, ttl_ms: this.#habits.ttl_s * 1000 }, goesOn)
    if (told.kind === 'unknown') await this.ask({ what: 'release', token })
    return told.kind === 'granted' ? told.fence : null
  }

  async #untilKnown(asked: Asked, goesOn: () => boolean): Promise<Told> {
    for (;;) {
      const told = await this.ask(asked)
      if ((told.kind !== 'unknown' && told.kind !== 'elsewhere') || !goesOn()) return told
      await pause(this.#choices.between(20, longestPause_ms))
    }
  }
}
