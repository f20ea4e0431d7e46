export interface MostAtOnce {
  readonly inAll: number
  readonly toOne: number
}

/**
 * Bounds how many attempts are under way in this process, in all and to one endpoint: receivers that hang must take the worker's room neither from swaps nor from
 * each other. Whoever finds no room is told at once and does not wait in it.
 */
export class Room {
  readonly #most: MostAtOnce
  readonly #underWay = new Map<string, number>()

  constructor(most: MostAtOnce) {
    this.#most = most
  }

  /** What `work` gives; null, without having begun it, where there is no room. */
  async within<T>(endpoint: string, work: () => Promise<T>): Promise<T | null> {
    const toOne = this.#underWay.get(endpoint) ?? 0
    const inAll = [...this.#underWay.values()].reduce((sum, count) => sum + count, 0)
    if (inAll >= this.#most.inAll || toOne >= this.#most.toOne) return null
    this.#underWay.set(endpoint, toOne + 1)
    try {
      return await work()
    } finally {
      const left = (this.#underWay.get(endpoint) ?? 1) - 1
      if (left === 0) this.#underWay.delete(endpoint)
      else this.#underWay.set(endpoint, left)
    }
  }
}
