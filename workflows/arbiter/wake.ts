import { condition } from '@temporalio/workflow'
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
    const { clock, serverClock } = shell.state
    const inMs = due - clock - Math.max(0, Date.now() - serverClock)
    await condition(() => isOverhauled(shell, due), Math.max(shortestMs, inMs))
    shell.take({ kind: 'woken' })
  }
}

/** Runs that an earlier version began woke for hosts only; what they have done is done again in the same way. */
const dueAt = (shell: ArbiterShell): Millis | null => (shell.tellsEvents() ? wakeAt(shell.state) : retryAt(shell.state))

function isOverhauled(shell: ArbiterShell, due: Millis): boolean {
  const next = dueAt(shell)
  return shell.tellsEvents() ? next !== null && next < due : next !== due
}
