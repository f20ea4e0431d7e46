import { setTimeout as pause } from 'node:timers/promises'
import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import { z } from 'zod'
import { isEnd } from '../../domain/audit-event.ts'
import { asClosed } from '../../domain/closed-swap.ts'
import type { OutboxEntry } from '../../domain/events.ts'
import { swapWorkflowId, type ClusterId } from '../../domain/names.ts'
import { Swap } from '../../domain/swap.ts'

const Memo = z.object({ swap: Swap })
/** How long a record may be behind its event. */
const patienceMs = 2_000
const lookEveryMs = 100
const callLimitMs = 5_000

/**
 * The record of the swap that an entry is about, as soon as it has caught up with the entry, or else as it is after two seconds. Null for an entry that is
 * about none, and for a swap that Temporal does not know (any more). Throws when Temporal does not answer.
 */
export async function recordFor(entry: OutboxEntry, client: Client, clusterId: ClusterId): Promise<Swap | null> {
  if (entry.swapId == null) return null
  const until = performance.now() + patienceMs
  for (;;) {
    const swap = await recordOf(client, swapWorkflowId(clusterId, entry.swapId))
    if ((swap !== null && hasCaughtUp(swap, entry)) || performance.now() > until) return swap
    await pause(lookEveryMs)
  }
}

function hasCaughtUp({ state }: Swap, entry: OutboxEntry): boolean {
  if (isEnd(entry)) return state === 'done'
  return entry.type !== 'swap_started' || state !== 'queued'
}

async function recordOf(client: Client, workflowId: string): Promise<Swap | null> {
  try {
    const { memo, status, closeTime } = await client.withDeadline(Date.now() + callLimitMs, () => client.workflow.getHandle(workflowId).describe())
    const read = Memo.safeParse(memo)
    return read.success ? asClosed(read.data.swap, status.name, closeTime?.getTime() ?? null) : null
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}
