import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError, WorkflowUpdateRPCTimeoutOrCancelledError, type Client } from '@temporalio/client'
import type { ClusterId } from '../../domain/names.ts'
import { createRegistryLine, RegistrySilent, type Registry } from '../../domain/scheduling/registry-line.ts'
import { scheduleRegistryWorkflowId } from '../../domain/scheduling/schedule.ts'
import { schedules, scheduling } from '../../workflows/messages.ts'

/** Shorter than a command's patience, so that there is a second try. */
const callLimitMs = 3_000

/** The worker's way to the schedule registry: one a process. `client` stays its owner's. */
export function createRegistry(client: Client, clusterId: ClusterId): Registry {
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await client.withDeadline(Date.now() + callLimitMs, work)
    } catch (error) {
      const noWorker = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof WorkflowNotFoundError
      throw new RegistrySilent(noWorker ? 'worker_down' : 'temporal_down', { cause: error })
    }
  }
  const handle = () => client.workflow.getHandle(scheduleRegistryWorkflowId(clusterId))
  return createRegistryLine({
    send: (updateId, batch) => call(() => handle().executeUpdate(scheduling, { updateId, args: [batch] })),
    look: (knownVersion) => call(() => handle().query(schedules, knownVersion)),
    now: () => performance.timeOrigin + performance.now(), // never steps back
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    newId: randomUUID,
  })
}
