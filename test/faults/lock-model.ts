import type { Asked, Told } from './lock-history.ts'

/** How exactly times are taken. Milliseconds. */
export interface Tolerance {
  /** So much earlier than its TTL a reservation may seem to end: the clocks of two processes. */
  readonly early_ms: number
  /** So much later it may still be held (safety.md L4). */
  readonly late_ms: number
  /** So long after its end an operation without an answer may still take effect: then the arbiter's `not_after` forbids it (ARBITER.md A4). */
  readonly open_ms: number
}

/** A reservation whose end is known as well as the times of its operations allow. */
interface Held {
  readonly token: string
  readonly hosts: readonly string[]
  /** null: its grant was never seen. Then it is above `after`. */
  readonly fence: number | null
  readonly after: number
  /** It can't have ended before, and can't be held after. */
  readonly endsFrom_ms: number
  readonly endsBy_ms: number
}

/** What a right lock would hold: mutual exclusion per host, a TTL, and fences that only grow. */
export interface LockState {
  readonly held: readonly Held[]
  /** The highest fence that was granted. */
  readonly fence: number
  /** Tokens whose holders gave them back: a repeat of that is no error (A5). */
  readonly released: readonly string[]
}

export const freeLock = (fence = 0): LockState => ({ held: [], fence, released: [] })

/** One operation, with the earliest and the latest moment at which it took effect. */
export interface Step {
  readonly asked: Asked
  readonly told: Told
  readonly from_ms: number
  readonly to_ms: number
  /** To which moment operations of this token without an answer may have extended it, at most. */
  readonly extendedBy_ms?: number
}

/**
 * The state after an operation that took effect in this state, or null where a right lock could not have answered so. A step that changes nothing returns
 * the very same state. `unknown` stands for the effect that it would have had; null: none.
 */
export function follow(state: LockState, step: Step, tolerance: Tolerance): LockState | null {
  return new Moment(state, step, tolerance).after()
}

class Moment {
  readonly #state: LockState
  readonly #step: Step
  readonly #tolerance: Tolerance

  constructor(state: LockState, step: Step, tolerance: Tolerance) {
    this.#state = state
    this.#step = step
    this.#tolerance = tolerance
  }

  after(): LockState | null {
    const { asked, told } = this.#step
    if (told.kind === 'elsewhere') return this.#state
    switch (asked.what) {
      case 'acquire':
        if (told.kind === 'reserved') return this.#refused(asked.hosts, asked.token, told.fence)
        if (told.kind === 'stale') return this.#stale(asked.token) // a token that was forced is never good again
        return told.kind === 'granted' || told.kind === 'unknown' ? this.#acquired(asked, fenceIn(told)) : null
      case 'extend':
        if (told.kind === 'stale') return this.#stale(asked.token)
        return told.kind === 'granted' || told.kind === 'unknown' ? this.#extended(asked.token, asked.ttl_ms, fenceIn(told)) : null
      case 'release':
        if (told.kind === 'stale') return this.#stale(asked.token)
        return told.kind === 'released' || told.kind === 'unknown' ? this.#released(asked.token, told.kind === 'released' ? told.count : 1) : null
      case 'force':
        return told.kind === 'released' ? this.#forced(asked.hosts, told.count) : told.kind === 'unknown' ? this.#forced(asked.hosts, null) : null
      case 'swap':
        if (told.kind === 'reserved') return this.#refused(asked.hosts, asked.token, told.fence)
        if (told.kind === 'stale') return asked.token === null ? null : this.#stale(asked.token)
        return told.kind === 'granted' || told.kind === 'unknown' ? this.#swapped(asked.hosts, asked.token, fenceIn(told)) : null
    }
  }

  /** May be held at this moment. */
  #lives = (held: Held): boolean => this.#step.from_ms <= held.endsBy_ms
  /** May have ended by this moment. */
  #isOver = (held: Held): boolean => this.#step.to_ms >= held.endsFrom_ms - this.#tolerance.early_ms

  #own(token: string): Held | undefined {
    return this.#state.held.find((held) => held.token === token && this.#lives(held))
  }

  #others(hosts: readonly string[], token: string | null): readonly Held[] {
    return this.#state.held.filter((held) => held.token !== token && held.hosts.some((host) => hosts.includes(host)))
  }

  #without(gone: readonly Held[]): LockState {
    return gone.length === 0 ? this.#state : { ...this.#state, held: this.#state.held.filter((held) => !gone.includes(held)) }
  }

  /** The reservation with this fence, or null when it has another one. */
  #named(held: Held, fence: number | null): Held | null {
    if (fence === null || held.fence === fence) return held
    return held.fence === null && fence > held.after ? { ...held, fence } : null
  }

  #acquired({ token, hosts, ttl_ms }: Extract<Asked, { what: 'acquire' }>, fence: number | null): LockState | null {
    const own = this.#own(token)
    const again = own === undefined || !sameHosts(own.hosts, hosts) ? null : this.#extended(token, ttl_ms, fence)
    if (again !== null || (own !== undefined && this.#step.told.kind === 'unknown')) return again
    const gone = [...this.#others(hosts, token), ...this.#state.held.filter((held) => held.token === token)]
    if (!gone.every(this.#isOver) || (fence !== null && fence <= this.#state.fence)) return null
    const { from_ms, to_ms } = this.#step
    const held: Held = {
      ...{ token, hosts, fence, after: this.#state.fence },
      endsFrom_ms: from_ms + ttl_ms,
      endsBy_ms: Math.max(to_ms + ttl_ms + this.#tolerance.late_ms, this.#step.extendedBy_ms ?? 0),
    }
    const free = this.#without(gone)
    return { ...free, fence: fence ?? free.fence, held: [...free.held, held] }
  }

  #extended(token: string, ttl_ms: number, fence: number | null): LockState | null {
    if (this.#step.told.kind === 'unknown') return null // counted from the grant on: `extendedBy_ms`
    const own = this.#own(token)
    const named = own === undefined ? null : this.#named(own, fence)
    if (own === undefined || named === null) return null
    const { from_ms, to_ms } = this.#step
    const held: Held = {
      ...named,
      endsFrom_ms: Math.max(own.endsFrom_ms, from_ms + ttl_ms),
      endsBy_ms: Math.max(own.endsBy_ms, to_ms + ttl_ms + this.#tolerance.late_ms),
    }
    return this.#with(own, held)
  }

  #with(old: Held, held: Held): LockState {
    return { ...this.#state, fence: Math.max(this.#state.fence, held.fence ?? 0), held: this.#state.held.map((one) => (one === old ? held : one)) }
  }

  /** Only a reservation that somebody else may hold now refuses; and whoever holds one is not refused. */
  #refused(hosts: readonly string[], token: string | null, fence: number | null): LockState | null {
    for (const other of this.#others(hosts, token).filter(this.#lives)) {
      const named = this.#named(other, fence)
      if (named !== null) return named === other ? this.#state : this.#with(other, named)
    }
    return null
  }

  #stale(token: string): LockState | null {
    const own = this.#state.held.filter((held) => held.token === token)
    return own.every(this.#isOver) ? this.#without(own) : null
  }

  #released(token: string, count: number): LockState | null {
    const own = this.#own(token)
    if (count > 0) {
      if (own === undefined) return null
      const after = this.#without([own])
      return { ...after, released: [...after.released, token] }
    }
    return this.#state.released.includes(token) ? this.#stale(token) : null
  }

  /** `count` null: nobody saw how many. */
  #forced(hosts: readonly string[], count: number | null): LockState | null {
    const there = this.#others(hosts, null)
    const atLeast = there.filter((held) => !this.#isOver(held)).length
    const atMost = there.filter(this.#lives).length
    if (count === null) return there.length === 0 ? null : this.#without(there)
    return atLeast <= count && count <= atMost ? this.#without(there) : null
  }

  /** A swap keeps its holder's reservation alive to its end (ARBITER.md R3), of which the history does not tell. */
  #swapped(hosts: readonly string[], token: string | null, fence: number | null): LockState | null {
    if (this.#step.told.kind === 'unknown') return null // as an extension
    const others = this.#others(hosts, token)
    if (!others.every(this.#isOver)) return null
    const own = token === null ? undefined : this.#own(token)
    if (token !== null && own === undefined) return null
    if (fence !== null && fence <= this.#state.fence) return null
    const free = this.#without(others)
    const held = free.held.map((one) => (one === own ? { ...one, endsBy_ms: Infinity } : one))
    return { ...free, fence: fence ?? free.fence, held }
  }
}

const fenceIn = (told: Told): number | null => (told.kind === 'granted' ? told.fence : null)
const sameHosts = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((host) => b.includes(host))
