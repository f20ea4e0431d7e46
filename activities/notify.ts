import { ApplicationFailure } from '@temporalio/activity'
import { swapEndEventId } from '../domain/events.ts'
import type { Outcome } from '../domain/swap.ts'
import type { DepsWithArbiter } from './deps.ts'

/** The end of a swap. `data` is what earlier versions gave along; the swap's own record tells it now. */
export interface SwapEvent {
  readonly swapId: string
  readonly type: 'swap_complete' | 'swap_failed'
  readonly outcome: Outcome
  readonly data?: Readonly<Record<string, unknown>>
}

export const createNotifyActivities = ({ arbiter }: DepsWithArbiter) => ({
  /**
   * Has the end of a swap told to everyone: it takes its place in the arbiter's outbox, once, however often it is noted. A swap's outcome does not hang on it.
   * Throws (retryable) while the arbiter does not answer.
   */
  async recordEvent({ swapId, type, outcome }: SwapEvent): Promise<void> {
    const answer = await arbiter.ask({ type: 'note', entries: [{ id: swapEndEventId(swapId), type, swapId, result: outcome }] })
    if (answer.kind !== 'noted') throw ApplicationFailure.retryable(`the arbiter did not note it: ${answer.kind}`, 'not_noted')
  },
})
