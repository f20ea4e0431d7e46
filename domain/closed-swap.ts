import { causeOf, type ErrorCode } from './errors.ts'
import { rfc3339, type Millis } from './names.ts'
import type { Outcome, Swap } from './swap.ts'

/** How Temporal says a workflow stands, by the numbers of its protocol. */
export const statusNames = [
  'UNSPECIFIED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
  'PAUSED',
] as const
export type WorkflowStatus = (typeof statusNames)[number] | 'UNKNOWN'

const endings: Partial<Record<WorkflowStatus, { outcome: Outcome; code: ErrorCode }>> = {
  TERMINATED: { outcome: 'terminated', code: 'terminated' },
  TIMED_OUT: { outcome: 'timed_out', code: 'timed_out' },
  CANCELLED: { outcome: 'cancelled', code: 'cancelled' },
  FAILED: { outcome: 'failed', code: 'unexpected' },
  COMPLETED: { outcome: 'failed', code: 'unexpected' },
}

/**
 * The record of a swap as readers see it. A swap that was ended by hand, or whose workflow broke, could not write its own last line:
 * its record is closed here, from what Temporal knows.
 */
export function asClosed(swap: Swap, status: WorkflowStatus, closedAt: Millis | null): Swap {
  const ending = endings[status]
  if (swap.state === 'done' || ending === undefined) return swap
  return {
    ...swap,
    state: 'done',
    outcome: ending.outcome,
    ended_at: closedAt === null ? null : rfc3339(closedAt),
    cause: swap.cause ?? causeOf(ending.code),
    left: Object.fromEntries(swap.affected_hosts.map((host) => [host, swap.left[host] ?? 'unknown'])),
    phases: swap.phases.map((phase) => (phase.state === 'running' ? { ...phase, state: 'failed' } : phase)),
    revision: swap.revision + 1,
  }
}
