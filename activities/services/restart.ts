import type { Actor } from '../../domain/events.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { askGate } from '../managed/gate.ts'

/** What a restart by hand needs beside the activities of a managed one. */
export const createRestartActivities = (deps: DepsWithArbiter) => ({
  /** Gives the host back. Safe to repeat. */
  async endRestartClaim({ claimId, by }: { claimId: string; by: Actor }): Promise<void> {
    await askGate(deps, { type: 'end_claim', claimId, by })
  },
})
