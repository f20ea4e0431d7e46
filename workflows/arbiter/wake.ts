import { condition } from '@temporalio/workflow'
import { wakeAt } from '../../domain/arbitration/surveys.ts'
import type { ArbiterShell } from './shell.ts'

const shortestMs = 100

/** Looks again at hosts that were away, when their time has come. A timer runs only while there are such hosts. */
export async function wakeWhenDue(shell: ArbiterShell): Promise<never> {
  for (;;) {
    await condition(() => wakeAt(shell.state) !== null)
    const due = wakeAt(shell.state)
    if (due === null) continue
    const { clock, serverClock } = shell.state
    const inMs = due - clock - Math.max(0, Date.now() - serverClock)
    await condition(() => wakeAt(shell.state) !== due, Math.max(shortestMs, inMs))
    shell.take({ kind: 'woken' })
  }
}
