import { randomUUID } from 'node:crypto'
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client'
import type { ArbiterView, Command, DecideReply } from '../domain/arbitration/command.ts'
import type { OutboxEntry } from '../domain/events.ts'
import { ArbiterSilent, createBatcher, type Batcher } from '../domain/group-commit.ts'
import { arbiterWorkflowId, monitorWorkflowId, type ClusterId, type HostName, type Millis } from '../domain/names.ts'
import { scheduleRegistryWorkflowId } from '../domain/scheduling/schedule.ts'
import {
  arbiterOutbox,
  arbiterState,
  arbiterTaskTimeout,
  arbiterWatched,
  decide,
  workflowTypes,
  type ArbiterRequest,
  type MonitorRequest,
  type RegistryRequest,
} from '../workflows/messages.ts'

export interface ArbiterPlace {
  /** Connected; stays its owner's. */
  readonly client: Client
  readonly clusterId: ClusterId
  readonly taskQueue: string
  /** Hosts of cluster.yaml, so that even an arbiter in its first second can reserve all of them. */
  readonly hosts?: readonly HostName[]
}

/** A little longer than a batch waits, so that a call which nobody waits for any more ends by itself. */
const callLimitMs = 6_000

/**
 * The worker's way to the arbiter: one batcher a process (ARBITER.md A2). `ask` throws `ArbiterSilent` when there is no answer within five seconds.
 * Starts the arbiter if it isn't there.
 */
export function createArbiterClient(place: ArbiterPlace): Batcher {
  return createBatcher({
    send: (updateId, commands) => sendBatch(place, updateId, commands),
    now: steadyNow,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    newId: randomUUID,
  })
}

/** Milliseconds since 1970 that never step back: setting this machine's clock must not make a command late. */
const steadyNow = (): number => performance.timeOrigin + performance.now()

async function sendBatch(place: ArbiterPlace, updateId: string, commands: readonly Command[]): Promise<DecideReply> {
  const arbiter = place.client.workflow.getHandle(arbiterWorkflowId(place.clusterId))
  try {
    return await place.client.withDeadline(Date.now() + callLimitMs, () => arbiter.executeUpdate(decide, { updateId, args: [commands] }))
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) await ensureArbiter(place)
    throw new ArbiterSilent(isSilence(error) ? 'worker_down' : 'temporal_down', { cause: error })
  }
}

const isSilence = (error: unknown): boolean => error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof WorkflowNotFoundError

/** The workflows that the arbiter wants followed to their end (E2). Costs no history. */
export const watchedWorkflows = (client: Client, clusterId: ClusterId): Promise<readonly { workflowId: string; since: Millis }[]> =>
  client.withDeadline(Date.now() + callLimitMs, () => client.workflow.getHandle(arbiterWorkflowId(clusterId)).query(arbiterWatched))

/** Events that the arbiter has not been told to be written down yet, oldest first (A6). Costs no history. */
export const untoldEvents = (client: Client, clusterId: ClusterId): Promise<readonly OutboxEntry[]> =>
  client.withDeadline(Date.now() + callLimitMs, () => client.workflow.getHandle(arbiterWorkflowId(clusterId)).query(arbiterOutbox))

/** What the arbiter holds as of its last task. Costs no history. Throws `ArbiterSilent`. */
export async function readArbiter(client: Client, clusterId: ClusterId): Promise<ArbiterView> {
  try {
    return await client.withDeadline(Date.now() + callLimitMs, () => client.workflow.getHandle(arbiterWorkflowId(clusterId)).query(arbiterState))
  } catch (error) {
    throw new ArbiterSilent(isSilence(error) ? 'worker_down' : 'temporal_down', { cause: error })
  }
}

/** Starts arbiter, monitor and schedule registry of the cluster where they don't run (A8). Safe to repeat, from any number of workers. */
export async function ensureArbiter({ client, clusterId, taskQueue, hosts = [] }: ArbiterPlace): Promise<void> {
  const arbiter: ArbiterRequest = { clusterId, hosts, carried: null }
  const monitor: MonitorRequest = { clusterId }
  const registry: RegistryRequest = { clusterId, carried: null }
  await Promise.all([
    start(client, workflowTypes.arbiter, arbiterWorkflowId(clusterId), taskQueue, [arbiter]),
    start(client, workflowTypes.monitor, monitorWorkflowId(clusterId), taskQueue, [monitor]),
    start(client, workflowTypes.scheduleRegistry, scheduleRegistryWorkflowId(clusterId), taskQueue, [registry]),
  ])
}

async function start(client: Client, type: string, workflowId: string, taskQueue: string, args: unknown[]): Promise<WorkflowHandle | null> {
  try {
    // no search attributes: one that is not registered would fail the start (A9)
    return await client.workflow.start(type, {
      workflowId,
      taskQueue,
      args,
      workflowTaskTimeout: arbiterTaskTimeout,
      workflowIdConflictPolicy: 'FAIL',
    })
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null
    throw error
  }
}
