import type { Deployment } from '../deployment.ts'
import type { ErrorCode } from '../errors.ts'
import type { Actor } from '../events.ts'
import type { ClusterId, HostName, Millis, Sha256, SwapId } from '../names.ts'
import type { PhaseName } from '../swap.ts'
import type { Answer, Go, SwapCommand } from './command.ts'
import type { EndedToken } from './ended-tokens.ts'
import type { Join } from './joins.ts'
import type { Ticket } from './line.ts'
import type { Outbox } from './outbox.ts'
import type { Pace, PhaseBegun } from './pace.ts'

/**
 * All that the arbiter knows. Plain JSON, because it is carried through continue-as-new (ARBITER.md A6). Times are in the arbiter's clock.
 * What is optional is absent in a state that an earlier version carried.
 */
export interface ArbiterState {
  readonly clusterId: ClusterId
  /** The arbiter's clock: as the server's, except that it stands still while that one steps back. */
  readonly clock: Millis
  /** The server's clock when it was last read. */
  readonly serverClock: Millis
  /** The highest fence ever granted here or seen on a host (F4). */
  readonly fence: number
  /** Whether the workflows of an earlier arbiter were looked for (E4). */
  readonly recovered: boolean
  readonly hosts: readonly HostEntry[]
  readonly registeredAttributes: readonly string[]
  readonly reservations: readonly Reservation[]
  readonly active: readonly ActiveSwap[]
  readonly queue: readonly WaitingSwap[]
  readonly claims: readonly ClaimEntry[]
  readonly deployments: readonly Deployment[]
  /** Accepted swaps and claims, so that a repeated command changes nothing twice (A5). */
  readonly remembered: readonly Remembered[]
  /** Tokens that their holders gave back a moment ago: a repeated release finds its own token gone, and is done (A5). */
  readonly released: readonly { readonly tokenHash: Sha256; readonly until: Millis }[]
  /** Swaps that were taken back before their turn, and what they are told when they ask. */
  readonly withdrawn: readonly Withdrawal[]
  /** Events for swaps that could not speak any more, until they are on record (E2). */
  readonly unrecorded: readonly SilentEnd[]
  /** Newest first. */
  readonly paces?: readonly Pace[]
  /** Who stands in line for a reservation, oldest first (R5). */
  readonly line?: readonly Ticket[]
  /** Tokens that ended otherwise than by their holders' wish. */
  readonly endedTokens?: readonly EndedToken[]
  /** Requests that became part of another's swap. */
  readonly joins?: readonly Join[]
  readonly outbox?: Outbox
}

export interface HostEntry {
  readonly host: HostName
  readonly state: 'known' | 'surveying' | 'unreachable' | 'quarantined'
  readonly cause: { readonly code: ErrorCode; readonly message: string } | null
  /** The survey that is under way; the arbiter itself has claimed the host for it. */
  readonly survey: { readonly id: string; readonly fence: number } | null
  /** When an unreachable host is looked at again. */
  readonly retryAt: Millis | null
  readonly tries: number
  /** Containers of a displaced deployment that nobody could stop (E5). */
  readonly remnants: readonly string[]
  /** What the monitor said last; it refuses nothing, it is told when it changes. */
  readonly answers?: boolean
}

export interface Reservation {
  readonly tokenHash: Sha256
  readonly holder: string
  readonly purpose: string | null
  readonly hosts: readonly HostName[]
  readonly acquiredAt: Millis
  readonly expiresAt: Millis
  readonly fence: number
  /** The command that acquired it: its repeat gets the same answer. */
  readonly commandId: string
  readonly schedule?: string | null
  /** When its holder is warned that it will end; null: that was done. */
  readonly warnAt?: Millis | null
  /** Granted to this ticket, whose waiter has not shown yet that it knows: freed at `until` (R5). */
  readonly unconfirmed?: { readonly ticket: string; readonly until: Millis } | null
}

/** An accepted swap: its workflow is there or about to be (G3). */
export interface WaitingSwap extends Pick<
  SwapCommand,
  | 'swapId'
  | 'model'
  | 'tokenHash'
  | 'holder'
  | 'schedule'
  | 'reason'
  | 'onFailure'
  | 'onDrainTimeout'
  | 'drainS'
  | 'deadlineS'
  | 'queueLimitS'
  | 'requestHash'
  | 'ignoreEstimate'
> {
  readonly hosts: readonly HostName[]
  readonly acceptedAt: Millis
  /** Its workflow's start is confirmed: only then may it be told anything (G4). */
  readonly started: boolean
  /** Who asked for it. */
  readonly by?: Actor | null
  /** Mark of the launch identity under which others may join it; null where nobody may (a restart, or forced). */
  readonly joinable?: string | null
}

/** A swap whose turn it is. It occupies its affected hosts until it reports its end, or is found closed. */
export interface ActiveSwap extends WaitingSwap {
  /** Without what it displaces: that stays among the deployments until the swap has ended. */
  readonly go: Omit<Go, 'displaced'>
  readonly startedAt: Millis
  readonly deadlineAt: Millis
  readonly phase: PhaseName | null
  readonly expectedEndAt: Millis | null
  /** The phases that it told of, oldest first. */
  readonly phases?: readonly PhaseBegun[]
  readonly cancelRequested?: boolean
}

export interface ClaimEntry {
  readonly claimId: string
  readonly workflowId: string
  readonly hosts: readonly HostName[]
  readonly holder: string
  readonly purpose: string
  readonly fence: number
  readonly claimedAt: Millis
}

export interface Remembered {
  /** Swap id or claim id. */
  readonly id: string
  readonly requestHash: Sha256 | null
  readonly answer: Answer
  readonly until: Millis
}

export interface Withdrawal {
  readonly swapId: SwapId
  readonly code: ErrorCode
  readonly message: string | null
  readonly until: Millis
}

export interface SilentEnd {
  readonly swapId: SwapId
  readonly outcome: 'terminated' | 'timed_out' | 'cancelled' | 'failed'
}

export const unseen = (host: HostName): HostEntry => ({ host, state: 'surveying', cause: null, survey: null, retryAt: null, tries: 0, remnants: [] })

/** An arbiter that knows nothing yet: it grants reservations at once, and hosts only after it has looked at them (R6, E4). */
export const freshState = (clusterId: ClusterId, hosts: readonly HostName[], now: Millis): ArbiterState => ({
  clusterId,
  clock: now,
  serverClock: now,
  fence: now, // F4: survivors of an earlier arbiter carry less, unless a host says otherwise
  recovered: false,
  hosts: hosts.map(unseen),
  registeredAttributes: [],
  reservations: [],
  active: [],
  queue: [],
  claims: [],
  deployments: [],
  remembered: [],
  released: [],
  withdrawn: [],
  unrecorded: [],
})

export const overlap = (a: readonly HostName[], b: readonly HostName[]): boolean => a.some((host) => b.includes(host))
export const union = (...lists: readonly (readonly HostName[])[]): HostName[] => [...new Set(lists.flat())].sort()
export const sameHosts = (a: readonly HostName[], b: readonly HostName[]): boolean => a.length === b.length && a.every((host) => b.includes(host))
