import { swapWorkflowId, type Millis } from '../names.ts'
import type { ArbiterView } from './command.ts'
import { factsOf } from './reservations.ts'
import type { ArbiterState } from './state.ts'

/** What pages and the API may see: never a token's hash. */
export const viewOf = (state: ArbiterState): ArbiterView => ({
  clusterId: state.clusterId,
  at: state.clock,
  fence: state.fence,
  hosts: state.hosts.map((entry) => ({ host: entry.host, state: entry.state, cause: entry.cause })),
  reservations: state.reservations.map((held) => factsOf(state, held)),
  deployments: state.deployments,
  active: state.active.map((swap) => {
    const { swapId, model, hosts, phase, holder, startedAt, deadlineAt, expectedEndAt } = swap
    return { swapId, model, hosts, affectedHosts: swap.go.affectedHosts, phase, holder, startedAt, deadlineAt, expectedEndAt }
  }),
  queue: state.queue.map(({ swapId, model, hosts, holder, acceptedAt }) => ({ swapId, model, hosts, holder, acceptedAt, expectedStartAt: null })),
  waiting: [],
  claims: state.claims.map(({ claimId, hosts, holder, purpose }) => ({ claimId, hosts, holder, purpose })),
})

/** The workflows whose end must not be missed (ARBITER.md E2). */
export const watchedIn = (state: ArbiterState): { workflowId: string; since: Millis }[] => [
  ...[...state.active, ...state.queue].map((swap) => ({ workflowId: swapWorkflowId(state.clusterId, swap.swapId), since: swap.acceptedAt })),
  ...state.claims.map((claim) => ({ workflowId: claim.workflowId, since: claim.claimedAt })),
]
