import { getExternalWorkflowHandle, log } from '@temporalio/workflow'
import type { SwapEnd } from '../../domain/arbitration/command.ts'
import { arbiterWorkflowId, type ClusterId } from '../../domain/names.ts'
import type { PhaseName } from '../../domain/swap.ts'
import { swapEnded, swapPhase } from '../messages.ts'
import { turn } from './activities.ts'

/** How a swap speaks to its arbiter. Phases are told in passing; the end is told until it was heard. */
export class ArbiterLine {
  readonly #arbiter
  readonly #underWay: Promise<void>[] = []

  constructor(clusterId: ClusterId) {
    this.#arbiter = getExternalWorkflowHandle(arbiterWorkflowId(clusterId))
  }

  /** Does not wait: a phase must not begin later because the arbiter is slow to hear of it. */
  tellPhase(phase: { swapId: string; phase: PhaseName; expectedEndAt: number | null }): void {
    this.#underWay.push(this.#arbiter.signal(swapPhase, phase).catch(() => undefined))
  }

  /**
   * Returns when the end was delivered (ARBITER.md E1), by signal or else by an activity; or when neither worked, and then the arbiter's watch
   * finds this workflow closed (E2).
   */
  async tellEnd(end: SwapEnd): Promise<void> {
    await Promise.all(this.#underWay)
    try {
      await this.#arbiter.signal(swapEnded, end)
    } catch {
      await turn.reportEnd(end).catch((error: unknown) => log.warn('the arbiter did not hear of the end', { error }))
    }
  }
}
