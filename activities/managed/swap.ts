import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { ApplicationFailure, CancelledFailure, cancellationSignal, heartbeat } from '@temporalio/activity'
import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import type { SwapCommand } from '../../domain/arbitration/command.ts'
import { asClosed } from '../../domain/closed-swap.ts'
import { causeOf } from '../../domain/errors.ts'
import { hostLook } from '../../domain/host-look.ts'
import type { Model } from '../../domain/model.ts'
import { swapWorkflowId, type ClusterId, type HostName, type SwapId } from '../../domain/names.ts'
import type { ManagedAction, ScheduleId } from '../../domain/scheduling/schedule.ts'
import { lookAt, requestIdentity, swapWish } from '../../domain/swap-wish.ts'
import { Swap, SwapBody } from '../../domain/swap.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { failure, withFailures } from '../failure.ts'
import { actorOf, askGate, holderOf, refusedBy, viewOf, type Refused } from './gate.ts'
import { lookAtHost } from './look.ts'

export interface ManagedSwapRequest {
  readonly clusterId: ClusterId
  readonly scheduleId: ScheduleId
  readonly action: Extract<ManagedAction, { type: 'swap' }>
  /** The run's own: a repeat of this activity asks for the same swap. */
  readonly swapId: SwapId
  /** How long it may wait in the queue; null: it does not wait. */
  readonly queueLimitS: number | null
}

export type ManagedSwapAnswer =
  /** `swapId` is another's where the same model was under way already. `limitS`: by then it has ended. */
  | { readonly kind: 'accepted'; readonly swapId: SwapId; readonly limitS: number }
  | { readonly kind: 'already_serving'; readonly model: string | null; readonly hosts: readonly HostName[] }
  | Refused

const lookEveryMs = 1_000
/** The gate accepts a swap a moment before its workflow is there (ARBITER.md G3). */
const appearsWithinMs = 15_000

/** A managed swap passes the same gate as everybody's (ARBITER.md G1), and never with force. */
export const createManagedSwapActivities = (deps: DepsWithArbiter) => ({
  /** Asks for it once. Fails with `unknown_model`, `config_invalid`, `not_configured`; retryably while the arbiter cannot decide. */
  askManagedSwap: (request: ManagedSwapRequest): Promise<ManagedSwapAnswer> => withFailures(() => ask(deps, request)),

  /** Follows a swap to its end, however long that takes. Fails when there is no such swap. */
  async followSwap({ clusterId, swapId }: { clusterId: ClusterId; swapId: SwapId }): Promise<Swap> {
    const signal = AbortSignal.any([cancellationSignal(), deps.ending])
    const appearsBy = performance.now() + appearsWithinMs
    for (;;) {
      heartbeat()
      const swap = await recordOf(deps.client, clusterId, swapId)
      if (swap?.state === 'done') return swap
      if (swap === null && performance.now() > appearsBy) throw failure(causeOf('unknown_swap', `swap ${swapId} never appeared`))
      await pause(lookEveryMs, undefined, { signal }).catch(() => undefined)
      if (deps.ending.aborted) throw ApplicationFailure.retryable('this worker ends: another one goes on')
      if (signal.aborted) throw new CancelledFailure('nobody follows this swap any more')
    }
  },

  /** The run was cancelled: out of the queue with its swap, or to a graceful end. One that has ended, or never was, is left as it is. */
  async dropSwap({ clusterId, scheduleId, swapId }: { clusterId: ClusterId; scheduleId: ScheduleId; swapId: SwapId }): Promise<void> {
    await askGate(deps, { type: 'withdraw', swapId, reason: `the run of ${holderOf(scheduleId)} was cancelled in Temporal`, by: actorOf(scheduleId) })
    try {
      await deps.client.workflow.getHandle(swapWorkflowId(clusterId, swapId)).cancel()
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    }
  },
})

async function ask(deps: DepsWithArbiter, request: ManagedSwapRequest): Promise<ManagedSwapAnswer> {
  const { clusterId, scheduleId, action, swapId, queueLimitS } = request
  const state = deps.config.read()
  if (state.kind !== 'ready') throw failure(causeOf(state.code, state.message))
  const model = action.model === null ? null : state.models.get(action.model)
  if (model === undefined) throw failure(causeOf('unknown_model', `There is no model ${String(action.model)} in the catalog any more`))
  const anywhere = action.hosts === undefined && model?.anywhere === true
  const hosts = anywhere ? null : (action.hosts ?? model?.placement ?? null)
  const body = SwapBody.parse({
    model: action.model,
    ...(hosts !== null && { hosts }),
    restart: action.restart,
    on_failure: action.on_failure,
    on_busy: queueLimitS === null ? 'reject' : 'queue',
  })
  const wish = swapWish(
    {
      ...{ body, model, hosts, anywhere, swapId, tokenHash: null, force: false },
      requestHash: createHash('sha256')
        .update(requestIdentity(body, hosts, scheduleId, false))
        .digest('hex'),
      holder: holderOf(scheduleId),
      schedule: scheduleId,
      look: model === null ? null : await lookNow(deps, clusterId, model, hosts ?? (await hostsNow(deps, clusterId, model))),
    },
    state,
  )
  const command = { ...wish, queueLimitS: queueLimitS ?? wish.queueLimitS, by: actorOf(scheduleId) }
  const limitS = state.settings.queue_limit_s + command.queueLimitS + command.deadlineS
  // An attempt whose answer was lost may have started it long ago, and the gate forgets in time.
  if ((await recordOf(deps.client, clusterId, swapId)) !== null) return { kind: 'accepted', swapId, limitS }
  const answer = await askGate(deps, command)
  if (answer.kind === 'accepted') return { kind: 'accepted', swapId: answer.swapId, limitS }
  if (answer.kind === 'already_serving') return { kind: 'already_serving', model: answer.deployment.model, hosts: answer.deployment.hosts }
  return refusedBy(answer, deps.arbiter.arbiterNow())
}

/** Whether that very model answers there healthily (ARBITER.md G7), seen just now. */
async function lookNow({ hosts }: DepsWithArbiter, clusterId: ClusterId, model: Model, on: readonly HostName[]): Promise<SwapCommand['look']> {
  const looks = await Promise.all(
    on.map(async (host) => {
      const { facts, engine } = await lookAtHost(hosts, host, cancellationSignal(), model)
      return hostLook(host, clusterId, facts, engine, Date.now())
    }),
  )
  return lookAt(model, on, looks, Date.now())
}

/** Where a model is that may go anywhere. */
async function hostsNow(deps: DepsWithArbiter, clusterId: ClusterId, model: Model): Promise<readonly HostName[]> {
  return (await viewOf(deps, clusterId)).deployments.find((one) => one.model === model.key)?.hosts ?? []
}

/** Its record as it is now; null when there is no such workflow. */
async function recordOf(client: Client, clusterId: ClusterId, swapId: SwapId): Promise<Swap | null> {
  try {
    const description = await client.workflow.getHandle(swapWorkflowId(clusterId, swapId)).describe()
    const swap = Swap.parse(description.memo?.['swap'])
    return asClosed(swap, description.status.name, description.closeTime?.getTime() ?? null)
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}
