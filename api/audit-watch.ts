import { setTimeout as delay } from 'node:timers/promises'
import type { AuditPlace, AuditReader, Filter } from '../config/audit-reader.ts'
import type { AuditEvent } from '../domain/events.ts'

const lookEvery_ms = 200
const mostAtOnce = 200

/** Those who follow the audit trail: one look at its size for all of them, and each reads on from its own place. */
export class AuditWatch {
  readonly #reader: AuditReader
  /** One function a waiting follower: ends its wait. */
  readonly #waiting = new Set<() => void>()
  #followers = 0
  /** Grows when the trail has more than at the look before. */
  #version = 0

  constructor(reader: AuditReader) {
    this.#reader = reader
  }

  /** What comes after `from`, until `signal` fires. Throws when the trail cannot be read. */
  async *follow(from: Promise<AuditPlace>, filter: Filter, signal: AbortSignal): AsyncGenerator<AuditEvent> {
    this.#followers += 1
    if (this.#followers === 1) void this.#look()
    try {
      let place = await from
      while (!signal.aborted) {
        const version = this.#version
        const read = await this.#reader.after(place, mostAtOnce, filter)
        place = read.place
        yield* read.events
        if (!read.more && version === this.#version) await this.#news(signal)
      }
    } finally {
      this.#followers -= 1
    }
  }

  async #look(): Promise<void> {
    let seen = ''
    while (this.#followers > 0) {
      // A trail that cannot be read now is no news; who reads on meets the trouble itself.
      const now = await this.#reader.stamp().catch(() => seen)
      if (now !== seen) {
        seen = now
        this.#version += 1
        for (const wake of this.#waiting) wake()
      }
      await delay(lookEvery_ms)
    }
  }

  /** Resolves at the next news, or at once when the follower has left. */
  async #news(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const wake = (): void => resolve(undefined)
    this.#waiting.add(wake)
    signal.addEventListener('abort', wake, { once: true })
    if (signal.aborted) wake()
    await promise
    signal.removeEventListener('abort', wake)
    this.#waiting.delete(wake)
  }
}
