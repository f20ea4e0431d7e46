import { readArbiter } from '../arbiter.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { failure } from '../failure.ts'
import type { Answer, ArbiterView } from '../../domain/arbitration/command.ts'
import { causeOf, errors } from '../../domain/errors.ts'
import type { Actor } from '../../domain/events.ts'
import { ArbiterSilent, type Wish } from '../../domain/group-commit.ts'
import type { ClusterId } from '../../domain/names.ts'
import { refusal } from '../../domain/refusal.ts'
import type { ScheduleId } from '../../domain/scheduling/schedule.ts'

/** The gate or a host said no. `passes`: waiting may help. `freeInMs`: when that which refuses should be over, as far as anyone knows. */
export interface Refused {
  readonly kind: 'refused'
  readonly passes: boolean
  readonly detail: string
  readonly freeInMs: number | null
}

/** All that it takes to ask the arbiter. */
export type Gate = Pick<DepsWithArbiter, 'arbiter' | 'client'>

/** Who a managed run is for others to read: its holder's name, and the actor in the audit trail. */
export const holderOf = (scheduleId: ScheduleId): string => `schedule ${scheduleId}`
export const actorOf = (scheduleId: ScheduleId): Actor => ({ name: holderOf(scheduleId), address: null })

/** Asks the arbiter. Fails retryably while it is silent, or has not looked at its hosts yet: then nothing was decided, and asking again costs nothing. */
export async function askGate({ arbiter }: Pick<Gate, 'arbiter'>, wish: Wish): Promise<Answer> {
  const answer = await heard(() => arbiter.ask(wish))
  if (answer.kind === 'expired') throw failure(causeOf('expired'))
  if (answer.kind === 'refused' && answer.code === 'surveying') throw failure(causeOf('surveying'))
  return answer
}

/** What the arbiter holds. Fails retryably while it is silent. */
export const viewOf = ({ client }: Gate, clusterId: ClusterId): Promise<ArbiterView> => heard(() => readArbiter(client, clusterId))

async function heard<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (error) {
    if (error instanceof ArbiterSilent) throw failure(causeOf(error.code))
    throw error
  }
}

/** `now` is the arbiter's clock. Any answer but a refusal is a defect here. */
export function refusedBy(answer: Answer, now: number): Refused {
  if (answer.kind !== 'refused') throw failure(causeOf('unexpected', `the arbiter answered ${answer.kind}`))
  const freeAt = answer.reservation?.expiresAt ?? answer.busy?.expectedEndAt ?? null
  return {
    kind: 'refused',
    passes: errors[answer.code].class === 'retryable',
    detail: `${answer.code}: ${refusal(answer, now).message}`,
    freeInMs: freeAt === null ? null : freeAt - now,
  }
}
