import type { ErrorCode } from '../errors.ts'
import type { Actor, Noted } from '../events.ts'
import type { Deployment } from '../deployment.ts'
import type { ClusterId, HostName, Millis, ModelKey, Sha256, SwapId } from '../names.ts'
import type { LeftWith, Outcome, PhaseName } from '../swap.ts'
import type { HostSurvey } from './host-survey.ts'
import type { ReportReachability, Resurvey } from './monitor-command.ts'

/**
 * What anyone may ask of the arbiter (ARBITER.md A1–A5). `id` makes a repeat harmless; `notAfter` is in the arbiter's own clock.
 * These travel inside Temporal only, so they are camelCase; the API translates.
 */
export interface Envelope {
  readonly id: string
  readonly notAfter: Millis
  /** Who asks, for the audit trail. */
  readonly by?: Actor
}

export interface Acquire extends Envelope {
  readonly type: 'acquire'
  readonly tokenHash: Sha256
  readonly holder: string
  readonly purpose: string | null
  readonly ttlS: number
  /** null: all hosts */
  readonly hosts: readonly HostName[] | null
  /** The schedule that it belongs to. */
  readonly schedule?: string | null
  /** Stands in line under this ticket, repeated each second (R5). Without it a held lock refuses at once. */
  readonly ticket?: string
}
/** A waiter goes away: its ticket is no more, nor what it was granted in its last moment (R5). */
export interface LeaveLine extends Envelope {
  readonly type: 'leave_line'
  readonly ticket: string
}
/** The waiter has its answer (R5). Any other use of its token says the same. */
export interface Confirm extends Envelope {
  readonly type: 'confirm'
  readonly tokenHash: Sha256
}
export interface Extend extends Envelope {
  readonly type: 'extend'
  readonly tokenHash: Sha256
  readonly ttlS: number
}
export interface Release extends Envelope {
  readonly type: 'release'
  readonly tokenHash: Sha256
}
export interface ForceRelease extends Envelope {
  readonly type: 'force_release'
  readonly reason: string
  readonly hosts: readonly HostName[] | null
}

/** The gate (ARBITER.md G1). `hosts` is null only for an unload that names none, and for a model that may go `anywhere`. */
export interface SwapCommand extends Envelope {
  readonly type: 'swap'
  readonly swapId: SwapId
  readonly model: ModelKey | null
  /** `launchIdentity` of the model as the caller's catalog has it; null for an unload. */
  readonly identity: string | null
  readonly hosts: readonly HostName[] | null
  /** The gate chooses a free host. */
  readonly anywhere?: boolean
  readonly tokenHash: Sha256 | null
  readonly holder: string | null
  readonly schedule: string | null
  readonly reason: string | null
  readonly onFailure: 'restore' | 'leave'
  readonly onBusy: 'reject' | 'queue'
  readonly onDrainTimeout: 'go_on' | 'fail'
  readonly drainS: number
  readonly restart: boolean
  readonly force: boolean
  /** The sum of the phases' limits, restore included, in seconds (G9). */
  readonly deadlineS: number
  readonly queueLimitS: number
  /** The memory estimate refuses nothing. */
  readonly ignoreEstimate?: boolean | undefined
  /** The monitor's last healthy look at the target hosts: how old it is, and which swap's container serves there (G7). */
  readonly look: { readonly ageMs: number; readonly healthy: boolean } | null
  /** Hash of the request under an Idempotency-Key: another request with the same swapId is `id_reused`. */
  readonly requestHash: Sha256
}
/** Takes back an accepted swap whose workflow never appeared (G3), and a queued one that a person cancels. */
export interface Withdraw extends Envelope {
  readonly type: 'withdraw'
  readonly swapId: SwapId
  readonly reason: string
}
/** A queued swap asks where it stands, every 30 s (G4). */
export interface StillWaiting extends Envelope {
  readonly type: 'still_waiting'
  readonly swapId: SwapId
}
/** A running swap found a displaced deployment that reaches beyond its affected hosts. */
export interface Widen extends Envelope {
  readonly type: 'widen'
  readonly swapId: SwapId
  readonly hosts: readonly HostName[]
}
export interface Claim extends Envelope {
  readonly type: 'claim'
  readonly claimId: string
  readonly workflowId: string
  readonly hosts: readonly HostName[]
  readonly holder: string
  readonly purpose: string
  readonly tokenHash: Sha256 | null
}
export interface EndClaim extends Envelope {
  readonly type: 'end_claim'
  readonly claimId: string
}

/** How a swap ended: sent as signal `swapEnded`, and again as a command by an activity when the signal failed (E1). */
export interface SwapEnd {
  readonly swapId: SwapId
  readonly outcome: Outcome
  readonly left: Readonly<Record<HostName, LeftWith>>
  /** What the affected hosts hold now, as far as the swap proved it. */
  readonly deployments: readonly Deployment[]
}
export interface ReportEnd extends Envelope {
  readonly type: 'report_end'
  readonly end: SwapEnd
}

export interface ReportSurvey extends Envelope {
  readonly type: 'report_survey'
  readonly surveyId: string
  readonly surveys: readonly HostSurvey[]
}
/** The watch found these workflows closed, with how (E2). */
export interface ReportClosed extends Envelope {
  readonly type: 'report_closed'
  readonly closed: readonly {
    readonly workflowId: string
    readonly status: 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'never_there'
  }[]
}
/** The hosts of cluster.yaml as a worker reads them now. */
export interface ReportHosts extends Envelope {
  readonly type: 'report_hosts'
  readonly hosts: readonly HostName[]
  readonly registeredAttributes: readonly string[]
}

/** Events that others than the arbiter know of. They go through its outbox, so that there is one order of all. One id is noted once. */
export interface Note extends Envelope {
  readonly type: 'note'
  readonly entries: readonly Noted[]
}
export type Command =
  | Acquire
  | LeaveLine
  | Confirm
  | Extend
  | Release
  | ForceRelease
  | SwapCommand
  | Withdraw
  | StillWaiting
  | Widen
  | Claim
  | EndClaim
  | ReportEnd
  | ReportSurvey
  | ReportClosed
  | ReportHosts
  | Resurvey
  | Note
  | ReportReachability

export interface ReservationFacts {
  readonly holder: string
  readonly purpose: string | null
  readonly hosts: readonly HostName[]
  readonly acquiredAt: Millis
  readonly expiresAt: Millis
  readonly fence: number
}
export interface BusyFacts {
  readonly swapId: string | null
  readonly claimId: string | null
  readonly model: string | null
  readonly phase: PhaseName | null
  readonly holder: string | null
  readonly hosts: readonly HostName[]
  readonly startedAt: Millis
  readonly expectedEndAt: Millis | null
}

/** Told to a swap when its turn comes (G4, G5). */
export interface Go {
  readonly fence: number
  readonly hosts: readonly HostName[]
  readonly affectedHosts: readonly HostName[]
  readonly displaced: readonly Deployment[]
  readonly deadlineAt: Millis
  readonly registeredAttributes: readonly string[]
}

/** One answer a command, in the same order. A refusal is a value (A1). */
export type Answer =
  | { readonly kind: 'granted' | 'extended'; readonly reservation: ReservationFacts }
  | { readonly kind: 'released'; readonly count: number }
  | {
      readonly kind: 'accepted'
      readonly swapId: SwapId
      readonly state: 'queued' | 'running'
      readonly fence: number | null
      readonly hosts: readonly HostName[]
      readonly position: number | null
      /** Asked for by somebody before: the same model on the same hosts is queued or under way already, and this request is part of it. */
      readonly joined?: boolean
      /** When its turn should come, in the arbiter's clock; null when nobody can say. */
      readonly expectedStartAt?: Millis | null
    }
  /** In line for a lock: so many are before it, itself counted. */
  | {
      readonly kind: 'waiting'
      readonly position: number
      readonly reservation: ReservationFacts | null
      readonly busy: BusyFacts | null
      readonly crowd?: Crowd
    }
  | { readonly kind: 'already_serving'; readonly deployment: Deployment }
  | { readonly kind: 'claimed'; readonly fence: number }
  | { readonly kind: 'go'; readonly go: Go }
  | { readonly kind: 'wait'; readonly position: number }
  | { readonly kind: 'noted' }
  | { readonly kind: 'expired' }
  | {
      readonly kind: 'refused'
      readonly code: ErrorCode
      readonly message: string | null
      readonly reservation: ReservationFacts | null
      readonly busy: BusyFacts | null
      readonly hosts: readonly HostName[]
      /** Where somebody else is in the way. */
      readonly crowd?: Crowd
    }

/** How many others wait: swaps in the queue, callers in line for the lock. */
export interface Crowd {
  readonly queued: number
  readonly waiting: number
}

/** Answer of the Update `decide`. `now` is the arbiter's clock, from which a sender learns its offset (A4). */
export interface DecideReply {
  readonly now: Millis
  readonly answers: readonly Answer[]
}

/** The query `state`: what pages and the API show. Its `at` is the arbiter's last task, not now. */
export interface ArbiterView {
  readonly clusterId: ClusterId
  readonly at: Millis
  readonly fence: number
  readonly hosts: readonly {
    readonly host: HostName
    readonly state: 'known' | 'surveying' | 'unreachable' | 'quarantined'
    readonly cause: { readonly code: ErrorCode; readonly message: string } | null
  }[]
  readonly reservations: readonly ReservationFacts[]
  readonly deployments: readonly Deployment[]
  readonly active: readonly {
    readonly swapId: SwapId
    readonly model: string | null
    readonly hosts: readonly HostName[]
    readonly affectedHosts: readonly HostName[]
    readonly phase: PhaseName | null
    readonly holder: string | null
    readonly startedAt: Millis
    readonly deadlineAt: Millis
    readonly expectedEndAt: Millis | null
  }[]
  readonly queue: readonly {
    readonly swapId: SwapId
    readonly model: string | null
    readonly hosts: readonly HostName[]
    readonly holder: string | null
    readonly acceptedAt: Millis
    readonly expectedStartAt: Millis | null
  }[]
  /** Who stands in line for the lock, the next one first. */
  readonly waiting: readonly { readonly holder: string; readonly hosts: readonly HostName[]; readonly since: Millis }[]
  readonly claims: readonly { readonly claimId: string; readonly hosts: readonly HostName[]; readonly holder: string; readonly purpose: string }[]
}
