import type { Cause } from './errors.ts'
import { rfc3339, type HostName, type Millis } from './names.ts'
import { phaseNames, type LeftWith, type Outcome, type Phase, type PhaseName, type Swap } from './swap.ts'

/** What is known of a swap when the gate accepts it. */
export interface AcceptedSwap {
  readonly swapId: string
  readonly model: string | null
  readonly hosts: readonly HostName[]
  readonly holder: string | null
  readonly schedule: string | null
  readonly reason: string | null
  readonly acceptedAt: Millis
}

/** The record of a swap that waits for its `go`. */
export function queuedSwap(accepted: AcceptedSwap): Swap {
  return {
    swap_id: accepted.swapId,
    model: accepted.model,
    hosts: [...accepted.hosts],
    affected_hosts: [...accepted.hosts],
    state: 'queued',
    outcome: null,
    left: {},
    phase: null,
    phases: phaseNames.map((name) => ({ name, state: 'pending', started_at: null, ended_at: null, detail: null })),
    previous: [],
    fence: null,
    holder: accepted.holder,
    schedule: accepted.schedule,
    reason: accepted.reason,
    dry_run: false,
    requested_at: rfc3339(accepted.acceptedAt),
    ended_at: null,
    deadline_at: null,
    cause: null,
    revision: 0,
  }
}

export type SwapChange =
  | {
      readonly type: 'told_to_go'
      readonly fence: number
      readonly hosts: readonly HostName[]
      readonly affectedHosts: readonly HostName[]
      readonly previous: Swap['previous']
      readonly deadlineAt: Millis
    }
  | { readonly type: 'phase_begun'; readonly phase: PhaseName; readonly at: Millis; readonly detail: string | null }
  | { readonly type: 'phase_done' | 'phase_failed'; readonly phase: PhaseName; readonly at: Millis; readonly detail: string | null }
  /** Notify comes after it and changes nothing of it. */
  | {
      readonly type: 'ended'
      readonly outcome: Outcome
      readonly left: Readonly<Record<HostName, LeftWith>>
      readonly cause: Cause | null
      readonly at: Millis
    }

/**
 * The record after a change. Total and pure: a change that does not fit (a phase that was never begun, anything after the end but notify)
 * leaves the record as it is, the revision too.
 */
export function changed(swap: Swap, change: SwapChange): Swap {
  switch (change.type) {
    case 'told_to_go':
      if (swap.state !== 'queued') return swap
      return next(swap, {
        state: 'running',
        fence: change.fence,
        hosts: [...change.hosts],
        affected_hosts: [...change.affectedHosts],
        previous: change.previous,
        deadline_at: rfc3339(change.deadlineAt),
      })
    case 'phase_begun':
      if (!mayChange(swap, change.phase)) return swap
      return next(swap, {
        phase: change.phase,
        phases: withPhase(swap, change.phase, { state: 'running', started_at: rfc3339(change.at), ended_at: null, detail: change.detail }),
      })
    case 'phase_done':
    case 'phase_failed': {
      if (!mayChange(swap, change.phase) || stateOf(swap, change.phase) !== 'running') return swap
      const state = change.type === 'phase_done' ? 'done' : 'failed'
      return next(swap, { phases: withPhase(swap, change.phase, { state, ended_at: rfc3339(change.at), detail: change.detail }) })
    }
    case 'ended':
      if (swap.state === 'done') return swap
      return next(swap, {
        state: 'done',
        outcome: change.outcome,
        left: { ...change.left },
        cause: change.cause,
        ended_at: rfc3339(change.at),
        phases: swap.phases.map((phase) => (phase.name === 'notify' ? phase : closed(phase, change.at))),
      })
  }
}

const next = (swap: Swap, change: Partial<Swap>): Swap => ({ ...swap, ...change, revision: swap.revision + 1 })

const stateOf = (swap: Swap, name: PhaseName): Phase['state'] | undefined => swap.phases.find((phase) => phase.name === name)?.state

/** Phases move while the swap runs; notify also after its end. */
const mayChange = (swap: Swap, phase: PhaseName): boolean => swap.state === 'running' || (swap.state === 'done' && phase === 'notify')

const withPhase = (swap: Swap, name: PhaseName, change: Partial<Phase>): Phase[] =>
  swap.phases.map((phase) => (phase.name === name ? { ...phase, ...change } : phase))

function closed(phase: Phase, at: Millis): Phase {
  if (phase.state === 'pending') return { ...phase, state: 'skipped' }
  return phase.state === 'running' ? { ...phase, state: 'failed', ended_at: rfc3339(at) } : phase
}
