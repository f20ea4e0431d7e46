import { CancellationScope, isCancellation, log } from '@temporalio/workflow'
import { afterSwap } from '../../domain/managed/swap-end.ts'
import { ok, skipped, type RunEnd } from '../../domain/managed/run-end.ts'
import type { ManagedAction, ManagedBody } from '../../domain/scheduling/schedule.ts'
import type { SwapId } from '../../domain/names.ts'
import { asking, followedFor } from './activities.ts'
import { insist, Patience } from './patience.ts'

interface SwapRunParts {
  readonly clusterId: string
  readonly definition: ManagedBody
  readonly action: Extract<ManagedAction, { type: 'swap' }>
  readonly runId: string
  /** Called when a swap of this run, or one that it joined, is known. */
  readonly accepted: (swapId: SwapId) => void
}

/** Asks the gate for the swap, and follows it to its end. The swap's id is the run's own, so that asking twice starts one. */
export async function runSwap(parts: SwapRunParts): Promise<RunEnd> {
  const { clusterId, definition, action, runId } = parts
  const patience = new Patience(definition)
  for (let nth = 1; ; nth++) {
    const swapId = `run-${runId}${nth === 1 ? '' : `-${nth}`}`
    const request = { clusterId, scheduleId: definition.id, action, swapId }
    const came = await unlessCancelled(
      async () => {
        const answer = await insist(patience, () => asking.askManagedSwap({ ...request, queueLimitS: patience.queueS }))
        if (answer.kind === 'gave_up') return { kind: 'end', end: answer.end } as const
        if (answer.kind === 'already_serving')
          return { kind: 'end', end: ok(`${answer.model ?? 'nothing'} serves already on ${answer.hosts.join(', ')}`) } as const
        parts.accepted(answer.swapId)
        return afterSwap(await followedFor(answer.limitS).followSwap({ clusterId, swapId: answer.swapId }))
      },
      () => asking.dropSwap({ clusterId, scheduleId: definition.id, swapId }),
    )
    if (came.kind === 'end') return came.end
    if (!(await patience.mayAskAgain(null, came.detail))) return skipped(came.detail, swapId)
  }
}

/** A run that is cancelled takes its own swap back; a joined one is another's. */
async function unlessCancelled<T>(body: () => Promise<T>, takeBack: () => Promise<void>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (isCancellation(error))
      await CancellationScope.nonCancellable(takeBack).catch((trouble: unknown) => log.warn('the swap of a cancelled run goes on', { trouble }))
    throw error
  }
}
