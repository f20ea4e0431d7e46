import type { Answer, BusyFacts, Crowd, ReservationFacts } from './arbitration/command.ts'
import { errors } from './errors.ts'
import { reservationView } from './lock-view.ts'
import { rfc3339, type Millis } from './names.ts'
import { Problem, type ProblemFacts } from './problem.ts'

type Refused = Extract<Answer, { kind: 'refused' }>
type Waiting = Extract<Answer, { kind: 'waiting' }>

const surveyRetryS = 3
const busyRetryS = 10
/** The lock is free or about to be; those in line come first. */
const lineRetryS = 5
/** Whoever waited in vain had better stand in line again. */
const waitAgainS = 1

/** The problem that a caller is told when the arbiter said no. `now` is the arbiter's clock. Never holds a token. */
export function refusal(answer: Refused | Extract<Answer, { kind: 'expired' }>, now: Millis): Problem {
  if (answer.kind === 'expired') return new Problem('expired', errors.expired.title, {}, 1)
  const facts = { ...(answer.hosts.length > 0 && { hosts: answer.hosts }), ...blocking(answer, now), ...crowdFacts(answer.crowd) }
  return new Problem(answer.code, answer.message ?? words(answer), facts, retryAfter(answer, now))
}

/** For a caller whose time in line is over. `position` is the place that it had; it has none any more. */
export function lineRefusal(answer: Waiting, now: Millis): Problem {
  const { position, reservation, busy, crowd } = answer
  const message = reservation === null ? 'Others are before you in line' : heldWords(reservation)
  return new Problem('reserved', message, { ...blocking({ reservation, busy }, now), ...crowdFacts(crowd), position }, waitAgainS)
}

const blocking = ({ reservation, busy }: Pick<Refused, 'reservation' | 'busy'>, now: Millis): ProblemFacts => ({
  ...(reservation !== null && reservationView(reservation, now)),
  ...(busy !== null && { busy: busyView(busy, now) }),
})

const crowdFacts = (crowd: Crowd | undefined): ProblemFacts => (crowd === undefined ? {} : { queue_length: crowd.queued, waiting: crowd.waiting })

/** What occupies the hosts, and when it should be over, as far as that is known. */
const busyView = (busy: BusyFacts, now: Millis): Record<string, unknown> => ({
  swap_id: busy.swapId,
  claim_id: busy.claimId,
  model: busy.model,
  phase: busy.phase,
  holder: busy.holder,
  hosts: busy.hosts,
  started_at: rfc3339(busy.startedAt),
  expected_end_at: busy.expectedEndAt === null ? null : rfc3339(busy.expectedEndAt),
  expected_in_s: busy.expectedEndAt === null ? null : secondsUntil(busy.expectedEndAt, now),
})

function words({ code, reservation, busy }: Refused): string {
  if (code === 'reserved' && reservation !== null) return heldWords(reservation)
  if (code === 'busy' && busy !== null) {
    const what = busy.swapId === null ? `host operation ${busy.claimId ?? ''}` : `swap ${busy.swapId} to ${busy.model ?? 'nothing'}`
    return `${what} is running on ${busy.hosts.join(', ')}${busy.phase === null ? '' : `, in ${busy.phase}`}`
  }
  return errors[code].title
}

function heldWords({ holder, purpose, hosts, expiresAt }: ReservationFacts): string {
  return `${holder}${purpose === null ? '' : ` (${purpose})`} holds ${hosts.join(', ')} until ${rfc3339(expiresAt)}`
}

function retryAfter({ code, reservation, busy }: Refused, now: Millis): number | null {
  if (reservation !== null) return Math.max(1, secondsUntil(reservation.expiresAt, now))
  if (code === 'reserved') return lineRetryS
  if (code === 'surveying') return surveyRetryS
  if (code === 'busy' || code === 'quarantined' || code === 'queue_full') {
    return Math.max(1, busy?.expectedEndAt == null ? busyRetryS : secondsUntil(busy.expectedEndAt, now))
  }
  return errors[code].status === 503 ? 1 : null
}

const secondsUntil = (at: Millis, now: Millis): number => Math.max(0, Math.ceil((at - now) / 1000))
