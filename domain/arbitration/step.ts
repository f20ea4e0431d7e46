import type { ErrorCode } from '../errors.ts'
import type { HostName, SwapId } from '../names.ts'
import type { Answer, BusyFacts, Go, ReservationFacts } from './command.ts'
import type { ArbiterState, SilentEnd, WaitingSwap } from './state.ts'

/** What the shell has to do after a decision. Each may be repeated without harm; none decides anything. */
export type Effect =
  /** Start the swap's workflow, in the same workflow task as the decision; then tell `swapStarted` or `swapNotStarted`. */
  | { readonly kind: 'start_swap'; readonly swap: WaitingSwap }
  | { readonly kind: 'send_go'; readonly swapId: SwapId; readonly go: Go }
  /** Tell a waiting swap that it will not get its turn, and cancel it. */
  | { readonly kind: 'withdraw_swap'; readonly swapId: SwapId; readonly code: ErrorCode; readonly message: string | null }
  | { readonly kind: 'cancel_swap'; readonly swapId: SwapId }
  /** Raise the fence of the host, look at it, then tell `hostSurveyed`. */
  | { readonly kind: 'survey'; readonly host: HostName; readonly surveyId: string; readonly fence: number; readonly remnants: readonly string[] }
  /** Record the event of a swap that could not speak any more, then tell `endRecorded`. */
  | { readonly kind: 'record_end'; readonly end: SilentEnd }

/** The state after one command or one notice, and what it caused. */
export interface Change {
  readonly state: ArbiterState
  readonly effects: readonly Effect[]
}
export interface Step extends Change {
  readonly answer: Answer
}

export const only = (state: ArbiterState): Change => ({ state, effects: [] })

export const answered = (state: ArbiterState, answer: Answer, effects: readonly Effect[] = []): Step => ({ state, answer, effects })

interface RefusalFacts {
  readonly message?: string | null
  readonly reservation?: ReservationFacts | null
  readonly busy?: BusyFacts | null
  readonly hosts?: readonly HostName[]
}

/** A refusal is a value, and changes nothing (ARBITER.md A1, G6). */
export const refused = (code: ErrorCode, facts: RefusalFacts = {}): Extract<Answer, { kind: 'refused' }> => ({
  kind: 'refused',
  code,
  message: facts.message ?? null,
  reservation: facts.reservation ?? null,
  busy: facts.busy ?? null,
  hosts: facts.hosts ?? [],
})

export type Refusal = ReturnType<typeof refused>
