import { randomInt } from 'node:crypto'

/** Choices that can be made again: the same number chooses the same. */
export class Choices {
  #state: number

  constructor(value: number) {
    this.#state = value
  }

  /** One of them. */
  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.#next() * from.length)]
    if (picked === undefined) throw new Error('there is nothing to choose from')
    return picked
  }

  /** So many different ones, in a random order. */
  some<T>(from: readonly T[], count: number): T[] {
    const left = [...from]
    return Array.from({ length: Math.min(count, from.length) }, () => {
      const one = this.pick(left)
      left.splice(left.indexOf(one), 1)
      return one
    })
  }

  /** A number of this range; not a whole one. */
  between(least: number, most: number): number {
    return least + this.#next() * (most - least)
  }

  /** True so often, of 1. */
  chance(share: number): boolean {
    return this.#next() < share
  }

  /** Choices of its own for somebody who chooses at the same time as others: what they choose does not change what it does. */
  apart(): Choices {
    return new Choices(Math.floor(this.#next() * 2 ** 31))
  }

  /** mulberry32: small, and good enough to choose with. In [0, 1). */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** `SPARK_FAULT_SEED` names one; else it is a new one, and printed. */
export class Seed extends Choices {
  readonly value: number

  constructor(what: string) {
    const value = Number(process.env['SPARK_FAULT_SEED'] ?? randomInt(1, 2 ** 31))
    super(value)
    this.value = value
    console.log(`${what}: SPARK_FAULT_SEED=${this.value}`)
  }
}
