import type { Answer, SwapEnd } from '../domain/arbitration/command.ts'
import { causeOf } from '../domain/errors.ts'
import { ArbiterSilent, type Wish } from '../domain/group-commit.ts'
import type { HostName, SwapId } from '../domain/names.ts'
import type { DepsWithArbiter } from './deps.ts'
import { failure } from './failure.ts'

/** A swap's own questions to the arbiter: workflows cannot send Updates. Each fails retryably while the arbiter is silent. */
export const createTurnActivities = ({ arbiter }: DepsWithArbiter) => {
  const ask = async (wish: Wish): Promise<Answer> => {
    try {
      return await arbiter.ask(wish)
    } catch (error) {
      if (error instanceof ArbiterSilent) throw failure(causeOf(error.code))
      throw error
    }
  }
  return {
    /** Where a waiting swap stands (ARBITER.md G4). */
    askTurn: (swapId: SwapId): Promise<Answer> => ask({ type: 'still_waiting', swapId }),
    /** For a displaced deployment that reaches beyond the hosts that were granted. */
    askWider: (swapId: SwapId, hosts: readonly HostName[]): Promise<Answer> => ask({ type: 'widen', swapId, hosts }),
    /** The second way of telling how a swap ended, when the signal could not be delivered (E1). */
    reportEnd: (end: SwapEnd): Promise<Answer> => ask({ type: 'report_end', end }),
  }
}
