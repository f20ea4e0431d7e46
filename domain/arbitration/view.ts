import { swapWorkflowId, type Millis } from '../names.ts'
import type { ArbiterView } from './command.ts'
import { forecast } from './forecast.ts'
import { factsOf } from './reservation-facts.ts'
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
  queue: queueOf(state),
  waiting: (state.line ?? []).map(({ holder, hosts, since }) => ({ holder, hosts, since })),
  claims: state.claims.map(({ claimId, hosts, holder, purpose }) => ({ claimId, hosts, holder, purpose })),
})

function queueOf(state: ArbiterState): ArbiterView['queue'] {
  const expected = forecast(state)
  return state.queue.map(({ swapId, model, hosts, holder, acceptedAt }) => {
    return { swapId, model, hosts, holder, acceptedAt, expectedStartAt: expected.get(swapId)?.startAt ?? null }
  })
}

/** The workflows whose end must not be missed (ARBITER.md E2). */
export const watchedIn = (state: ArbiterState): { workflowId: string; since: Millis }[] => [
  ...[...state.active, ...state.queue].map((swap) => ({ workflowId: swapWorkflowId(state.clusterId, swap.swapId), since: swap.acceptedAt })),
  ...state.claims.map((claim) => ({ workflowId: claim.workflowId, since: claim.claimedAt })),
]
