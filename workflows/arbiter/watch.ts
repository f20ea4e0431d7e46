import { condition, proxyActivities } from '@temporalio/workflow'
import { watchedIn } from '../../domain/arbitration/view.ts'
import type { createWatchActivities } from '../../activities/watch.ts'
import type { ArbiterShell } from './shell.ts'

// The heartbeat bounds how long nobody watches after a worker's death; together with one look it stays below the ten seconds of E2.
const { watchWorkflows } = proxyActivities<ReturnType<typeof createWatchActivities>>({
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '5s',
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '3s' },
})

/**
 * While a swap or claim is under way, one activity follows them all and reports the closed ones as commands (ARBITER.md E2). It asks for the list itself,
 * so that a changed list costs no history, and ends when the list is empty.
 */
export async function keepWatch(shell: ArbiterShell): Promise<never> {
  for (;;) {
    await condition(() => watchedIn(shell.state).length > 0)
    await watchWorkflows({ clusterId: shell.state.clusterId }).catch(() => undefined) // whatever ended it, it is started anew
  }
}
