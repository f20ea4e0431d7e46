/** One request that the engine knows of. */
interface Request {
  readonly tokens: number
  running: boolean
  admit: () => void
}

/**
 * Who may run: at most so many requests, and no more tokens than the KV cache holds; the others wait in their order. A request that finds the
 * cache full takes the place of the youngest one in a real engine, which begins anew later: here it waits, and counts as a preemption.
 */
export class Admission {
  readonly #most: number
  readonly #cacheTokens: number
  #requests: Request[] = []
  preemptions = 0

  constructor(most: number, cacheTokens: number) {
    this.#most = most
    this.#cacheTokens = cacheTokens
  }

  get running(): number {
    return this.#requests.filter((request) => request.running).length
  }

  get waiting(): number {
    return this.#requests.length - this.running
  }

  /** The share of the KV cache that is in use, 0–1. */
  get cacheUsage(): number {
    return Math.min(1, this.#used() / this.#cacheTokens)
  }

  /** Resolves when the request may run, or when `until` aborts; gives what ends it either way. */
  async enter(tokens: number, until: AbortSignal): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<null>()
    const request: Request = { tokens, running: false, admit: () => resolve(null) }
    this.#requests.push(request)
    this.#admitNext()
    if (!request.running && this.running < this.#most) this.preemptions += 1
    until.addEventListener('abort', request.admit)
    await promise
    until.removeEventListener('abort', request.admit)
    return () => {
      this.#requests = this.#requests.filter((other) => other !== request)
      this.#admitNext()
    }
  }

  #used(): number {
    return this.#requests.reduce((sum, { running, tokens }) => sum + (running ? tokens : 0), 0)
  }

  #admitNext(): void {
    for (const request of this.#requests) {
      if (request.running) continue
      const alone = this.running === 0
      if (this.running >= this.#most || (!alone && this.#used() + request.tokens > this.#cacheTokens)) return
      request.running = true
      request.admit()
    }
  }
}
