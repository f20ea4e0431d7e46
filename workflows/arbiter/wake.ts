import { condition } from '@temporalio/workflow'
import { toServerClock } from '../../domain/arbitration/clock.ts'
import { wakeAt } from '../../domain/arbitration/deadlines.ts'
import { retryAt } from '../../domain/arbitration/surveys.ts'
import type { Millis } from '../../domain/names.ts'
import type { ArbiterShell } from './shell.ts'

const shortestMs = 100

/**
 * Wakes the arbiter when something is due that nobody may ask for: a host that was away, a reservation's end. A timer that is under way is left alone while
 * things become due later or not at all, however many come and go; waking in vain costs less than a new timer each time.
 */
export async function wakeWhenDue(shell: ArbiterShell): Promise<never> {
  for (;;) {
    await condition(() => dueAt(shell) !== null)
    const due = dueAt(shell)
    if (due === null) continue
    const firesAt = toServerClock(shell.state, due)
    const inMs = due - shell.state.clock - Math.max(0, Date.now() - shell.state.serverClock)
    await condition(() => (shell.tellsEvents() ? isTooLate(shell, firesAt) : dueAt(shell) !== due), Math.max(shortestMs, inMs))
    shell.take({ kind: 'woken' })
  }
}

/** Runs that an earlier version began woke for hosts only; what they have done is done again in the same way. */
const dueAt = (shell: ArbiterShell): Millis | null => (shell.tellsEvents() ? wakeAt(shell.state) : retryAt(shell.state))

/** Something became due earlier than the timer fires; or the server's clock was set back, and the timer with it. */
function isTooLate(shell: ArbiterShell, firesAt: Millis): boolean {
  const next = dueAt(shell)
  return next !== null && toServerClock(shell.state, next) < firesAt
}
