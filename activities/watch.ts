import { setTimeout as pause } from 'node:timers/promises'
import { cancellationSignal, heartbeat } from '@temporalio/activity'
import { WorkflowNotFoundError, type Client, type WorkflowExecutionStatusName } from '@temporalio/client'
import type { ReportClosed } from '../domain/arbitration/command.ts'
import type { ClusterId } from '../domain/names.ts'
import { watchedWorkflows } from './arbiter.ts'
import type { DepsWithArbiter } from './deps.ts'

type Closed = ReportClosed['closed'][number]

const everyMs = 2_000
/** A claim is asked for before its workflow is started, so it may be a moment late. */
const neverThereAfterMs = 8_000
/** Ends in good time before its own limit, to be started anew. */
const longestMs = 50 * 60_000

const closedNames: Partial<Record<WorkflowExecutionStatusName, Closed['status']>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
}

export const createWatchActivities = ({ client, arbiter, log, ending }: DepsWithArbiter) => {
  /** How many are followed; null when the look failed. */
  const look = async (clusterId: ClusterId): Promise<number | null> => {
    try {
      const watched = await watchedWorkflows(client, clusterId)
      const looks = await Promise.all(watched.map(({ workflowId, since }) => howClosed(client, workflowId, arbiter.arbiterNow() - since)))
      const closed = looks.filter((one) => one !== null)
      if (closed.length > 0) await arbiter.ask({ type: 'report_closed', closed })
      return watched.length
    } catch (error) {
      log.warn({ err: error }, 'the watch on swaps missed a look')
      return null
    }
  }
  return {
    /**
     * Follows all that occupies hosts or waits for them, until it is closed, and reports that (ARBITER.md E2). Asks the arbiter anew each time what to follow;
     * ends when there is nothing. A look that fails is one look less: the next comes two seconds later.
     */
    async watchWorkflows({ clusterId }: { clusterId: ClusterId }): Promise<void> {
      const until = performance.now() + longestMs
      const signal = AbortSignal.any([cancellationSignal(), ending])
      // A worker that shuts down does not wait for the answer of an arbiter that it can't run any more.
      const over = new Promise<0>((resolve) => signal.addEventListener('abort', () => resolve(0), { once: true }))
      while (performance.now() < until && !signal.aborted) {
        heartbeat()
        const left = await Promise.race([look(clusterId), over])
        if (left === 0) return
        await pause(everyMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

async function howClosed(client: Client, workflowId: string, knownForMs: number): Promise<Closed | null> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe()
    const closed = closedNames[status.name]
    return closed === undefined ? null : { workflowId, status: closed }
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
    return knownForMs < neverThereAfterMs ? null : { workflowId, status: 'never_there' }
  }
}
