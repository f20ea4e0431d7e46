import type { HostName, Millis } from '../names.ts'
import type { PhaseName } from '../swap.ts'
import { claim, endClaim, widen } from './claims.ts'
import type { Answer, Command, DecideReply, SwapEnd } from './command.ts'
import type { HostSurvey } from './host-survey.ts'
import { atTime } from './deadlines.ts'
import { endRecorded, foundClosed, swapEnded } from './ends.ts'
import { requestSwap } from './gate.ts'
import { leaveLine } from './line.ts'
import { drained, note } from './outbox.ts'
import { inPhase } from './pace.ts'
import { grantTurns, stillWaiting, swapNotStarted, swapStarted, withdraw } from './queue.ts'
import { reportReachability } from './reachability.ts'
import { recover, type Found } from './recovery.ts'
import { acquire, confirm, extend, forceRelease, heardFrom, release } from './reservations.ts'
import type { ArbiterState } from './state.ts'
import { answered, only, type Change, type Effect, type Step } from './step.ts'
import { hostsListed, hostSurveyed, resurvey, retrySurveys, unsurveyed, beginSurveys } from './surveys.ts'

export interface Decision extends Change {
  readonly reply: DecideReply
}

/**
 * Decides a batch, one command after the other (ARBITER.md A1, A3). `now` is the server's clock in milliseconds and may step back.
 * Pure: the effects are for the shell to carry out, and a refused or late command has none.
 */
export function decide(before: ArbiterState, commands: readonly Command[], now: Millis): Decision {
  let state = atTime(before, now)
  const answers: Answer[] = []
  const effects: Effect[] = []
  for (const command of commands) {
    const isLate = command.notAfter < state.clock
    const heard = isLate ? state : heardFrom(state, command)
    const step = isLate ? answered(state, { kind: 'expired' }) : obey(heard, command)
    const turns = step.state === heard ? only(heard) : grantTurns(step.state)
    answers.push(withCrowd(step.answer, heard))
    effects.push(...step.effects, ...turns.effects)
    state = turns.state
  }
  return { state, reply: { now: state.clock, answers }, effects }
}

const crowded: ReadonlySet<string> = new Set(['busy', 'queue_full', 'reserved'])

/** With how many others wait, where others are in the way: whoever is refused need not look for it. */
const withCrowd = (answer: Answer, { queue, line = [] }: ArbiterState): Answer =>
  answer.kind === 'waiting' || (answer.kind === 'refused' && crowded.has(answer.code))
    ? { ...answer, crowd: { queued: queue.length, waiting: line.length } }
    : answer

function obey(state: ArbiterState, command: Command): Step {
  switch (command.type) {
    case 'acquire':
      return acquire(state, command)
    case 'extend':
      return extend(state, command)
    case 'release':
      return release(state, command)
    case 'force_release':
      return forceRelease(state, command)
    case 'swap':
      return requestSwap(state, command)
    case 'withdraw':
      return withdraw(state, command)
    case 'still_waiting':
      return stillWaiting(state, command)
    case 'widen':
      return widen(state, command)
    case 'claim':
      return claim(state, command)
    case 'end_claim':
      return endClaim(state, command)
    case 'report_end':
      return noted(swapEnded(state, command.end))
    case 'report_survey':
      return noted(command.surveys.map((found) => (one: ArbiterState) => hostSurveyed(one, command.surveyId, found)).reduce(inTurn, only(state)))
    case 'report_closed':
      return noted(foundClosed(state, command.closed))
    case 'report_hosts':
      return noted(hostsListed(state, command.hosts, command.registeredAttributes))
    case 'resurvey':
      return noted(resurvey(state, command.hosts))
    case 'leave_line':
      return leaveLine(state, command)
    case 'confirm':
      return confirm(state, command.tokenHash)
    case 'note':
      return note(state, command)
    case 'report_reachability':
      return reportReachability(state, command)
  }
}

const noted = ({ state, effects }: Change): Step => answered(state, { kind: 'noted' }, effects)

function inTurn(before: Change, next: (state: ArbiterState) => Change): Change {
  const after = next(before.state)
  return { state: after.state, effects: [...before.effects, ...after.effects] }
}

/** What the arbiter's own shell hears of: signals, and how its effects went. */
export type Notice =
  | { readonly kind: 'swap_started' | 'swap_not_started' | 'end_recorded'; readonly swapId: string }
  | { readonly kind: 'swap_phase'; readonly swapId: string; readonly phase: PhaseName; readonly expectedEndAt: Millis | null }
  | { readonly kind: 'swap_ended'; readonly end: SwapEnd }
  | { readonly kind: 'forced_by_hand'; readonly hosts: readonly HostName[] | null; readonly reason: string; readonly by: string | null }
  /** Events up to this one are written down. */
  | { readonly kind: 'drained'; readonly upTo: number }
  | { readonly kind: 'recovered'; readonly found: Found }
  | { readonly kind: 'surveyed'; readonly surveyId: string; readonly found: HostSurvey }
  /** Time has passed. */
  | { readonly kind: 'woken' }

/** Takes note of what happened, as `decide` does of what was asked. */
export function take(before: ArbiterState, notice: Notice, now: Millis): Change {
  const state = atTime(before, now)
  return [(one: ArbiterState) => heed(one, notice), grantTurns].reduce(inTurn, only(state))
}

function heed(state: ArbiterState, notice: Notice): Change {
  switch (notice.kind) {
    case 'swap_started':
      return swapStarted(state, notice.swapId)
    case 'swap_not_started':
      return swapNotStarted(state, notice.swapId)
    case 'end_recorded':
      return endRecorded(state, notice.swapId)
    case 'swap_phase':
      return only(inPhase(state, notice.swapId, notice.phase, notice.expectedEndAt))
    case 'swap_ended':
      return swapEnded(state, notice.end)
    case 'forced_by_hand':
      // With nobody to ask back, no hosts means all of them.
      return forceRelease(state, {
        hosts: notice.hosts ?? state.reservations.flatMap((held) => held.hosts),
        reason: notice.reason,
        by: { name: notice.by ?? 'by hand in Temporal', address: null },
      })
    case 'drained':
      return only(drained(state, notice.upTo))
    case 'recovered':
      return recover(state, notice.found)
    case 'surveyed':
      return hostSurveyed(state, notice.surveyId, notice.found)
    case 'woken':
      return retrySurveys(state)
  }
}

/** What a carried state still has to have done, when a new run takes over (A6). Starts and signals are never among it: continue-as-new waits for those (A7). */
export function resume(carried: ArbiterState, now: Millis): Change {
  const state = atTime(carried, now)
  const underWay = state.hosts.filter((entry) => entry.survey !== null).map((entry) => entry.host)
  const surveys = state.recovered ? beginSurveys(state, [...underWay, ...unsurveyed(state)]) : only(state)
  return { state: surveys.state, effects: [...state.unrecorded.map((end) => ({ kind: 'record_end' as const, end })), ...surveys.effects] }
}
