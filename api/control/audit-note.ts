import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Noted } from '../../domain/events.ts'
import type { Arbiter } from '../temporal/arbiter.ts'

const triesLater = 20
const pause_ms = 15_000

/**
 * Puts what was just done into the audit trail, through the arbiter's outbox. It was done whether or not the arbiter hears of it now: one that is silent is told
 * later, as long as this process lives, and the caller is not held up for that.
 */
export async function note(arbiter: Arbiter, entry: Omit<Noted, 'id'>): Promise<void> {
  await noteAll(arbiter, [entry])
}

/** Several at once, in this order. */
export async function noteAll(arbiter: Arbiter, entries: readonly Omit<Noted, 'id'>[]): Promise<void> {
  const wish = { type: 'note', entries: entries.map((entry) => ({ ...entry, id: `evt_${randomUUID()}` })) } as const
  try {
    await arbiter.ask(wish)
  } catch {
    void tellLater(arbiter, wish)
  }
}

async function tellLater(arbiter: Arbiter, wish: Parameters<Arbiter['ask']>[0]): Promise<void> {
  for (let tries = 0; tries < triesLater; tries++) {
    await delay(pause_ms, undefined, { ref: false })
    try {
      await arbiter.ask(wish)
      return
    } catch {
      // still silent
    }
  }
}
