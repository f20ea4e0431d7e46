import type { Answer, BusyFacts } from './arbitration/command.ts'
import { errors } from './errors.ts'
import { reservationView } from './lock-view.ts'
import { rfc3339, type Millis } from './names.ts'
import { Problem, type ProblemFacts } from './problem.ts'

type Refused = Extract<Answer, { kind: 'refused' }>

const surveyRetryS = 3
const busyRetryS = 10

/** The problem that a caller is told when the arbiter said no. `now` is the arbiter's clock. Never holds a token. */
export function refusal(answer: Refused | Extract<Answer, { kind: 'expired' }>, now: Millis): Problem {
  if (answer.kind === 'expired') return new Problem('expired', errors.expired.title, {}, 1)
  const facts: ProblemFacts = {
    ...(answer.hosts.length > 0 && { hosts: answer.hosts }),
    ...(answer.reservation !== null && reservationView(answer.reservation, now)),
    ...(answer.busy !== null && { busy: busyView(answer.busy, now) }),
  }
  return new Problem(answer.code, answer.message ?? words(answer), facts, retryAfter(answer, now))
}

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
  if (code === 'reserved' && reservation !== null) {
    const purpose = reservation.purpose === null ? '' : ` (${reservation.purpose})`
    return `${reservation.holder}${purpose} holds ${reservation.hosts.join(', ')} until ${rfc3339(reservation.expiresAt)}`
  }
  if (code === 'busy' && busy !== null) {
    const what = busy.swapId === null ? `host operation ${busy.claimId ?? ''}` : `swap ${busy.swapId} to ${busy.model ?? 'nothing'}`
    return `${what} is running on ${busy.hosts.join(', ')}${busy.phase === null ? '' : `, in ${busy.phase}`}`
  }
  return errors[code].title
}

function retryAfter({ code, reservation, busy }: Refused, now: Millis): number | null {
  if (reservation !== null) return Math.max(1, secondsUntil(reservation.expiresAt, now))
  if (code === 'surveying') return surveyRetryS
  if (code === 'busy' || code === 'quarantined' || code === 'queue_full') {
    return Math.max(1, busy?.expectedEndAt == null ? busyRetryS : secondsUntil(busy.expectedEndAt, now))
  }
  return errors[code].status === 503 ? 1 : null
}

const secondsUntil = (at: Millis, now: Millis): number => Math.max(0, Math.ceil((at - now) / 1000))
