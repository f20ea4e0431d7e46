import { expect } from 'vitest'
import { outboxOf } from '../../../domain/arbitration/outbox.ts'
import { overlap, sameHosts, type ArbiterState, type Reservation } from '../../../domain/arbitration/state.ts'
import type { OutboxEntry } from '../../../domain/events.ts'

const awayAfterMs = 2_000
const confirmWithinMs = 10_000
const afterAwayMs = 3_000
const ends = ['lock_released', 'lock_expired', 'lock_forced']

/** What an arbiter tells while it goes on, held against what it does. */
export class ToldStory {
  #lastSeq = 0
  readonly #unconfirmed = new Map<number, Unconfirmed>()
  readonly #ids = new Set<string>()

  goesOn(before: ArbiterState, after: ArbiterState): void {
    const told = outboxOf(after).filter((entry) => entry.seq > this.#lastSeq)
    for (const entry of told) {
      expect(entry.seq).toBeGreaterThan(this.#lastSeq)
      this.#lastSeq = entry.seq
      expect(this.#ids).not.toContain(entry.id)
      this.#ids.add(entry.id)
    }
    this.grantsAreTold(before, after, told)
    this.lineIsKept(before, after)
    this.nothingStaysUnconfirmed(before, after)
  }

  /** Every grant is told once when it begins, and once when it ends. One that did both in this step is in neither list. */
  grantsAreTold(before: ArbiterState, after: ArbiterState, told: readonly OutboxEntry[]): void {
    const fencesIn = (state: ArbiterState): number[] => state.reservations.map((held) => held.fence)
    const fencesOf = (...types: string[]): number[] => told.flatMap((entry) => (types.includes(entry.type) ? [entry.fence ?? 0] : []))
    expect(fencesOf('lock_acquired')).toEqual(fencesIn(after).filter((fence) => !fencesIn(before).includes(fence)))
    expect(fencesOf(...ends).toSorted()).toEqual(
      fencesIn(before)
        .filter((fence) => !fencesIn(after).includes(fence))
        .toSorted(),
    )
  }

  /** R5: whoever was granted shared no host with one that stood in line before it, and still does. */
  lineIsKept(before: ArbiterState, after: ArbiterState): void {
    const line = before.line ?? []
    for (const held of after.reservations.filter((one) => isNew(before, one))) {
      const own = line.findIndex((one) => one.tokenHash === held.tokenHash && sameHosts(one.hosts, held.hosts))
      const passed = (after.line ?? []).filter((one) => overlap(one.hosts, held.hosts))
      for (const { ticket } of passed) {
        expect(own).toBeGreaterThanOrEqual(0)
        expect(line.findIndex((one) => one.ticket === ticket)).toBeGreaterThan(own)
      }
    }
  }

  /** R5: nor three seconds longer than the arbiter was away. */
  nothingStaysUnconfirmed(before: ArbiterState, after: ArbiterState): void {
    const passed = after.clock - before.clock
    for (const held of after.reservations) {
      const since = this.#unconfirmed.get(held.fence)
      const now = since === undefined || isNew(before, held) ? { workedMs: 0, mostMs: confirmWithinMs } : workedOn(since, passed)
      this.#unconfirmed.set(held.fence, now)
      if (held.unconfirmed != null) expect(now.workedMs).toBeLessThan(now.mostMs)
    }
  }
}

/** How long the arbiter was at work since a grant, and how long it may be before that is confirmed. */
interface Unconfirmed {
  readonly workedMs: number
  readonly mostMs: number
}

const workedOn = ({ workedMs, mostMs }: Unconfirmed, passed: number): Unconfirmed =>
  passed <= awayAfterMs ? { workedMs: workedMs + passed, mostMs } : { workedMs, mostMs: Math.max(mostMs, workedMs + afterAwayMs) }

const isNew = (before: ArbiterState, held: Reservation): boolean => !before.reservations.some((one) => one.fence === held.fence)
