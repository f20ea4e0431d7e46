import type { Answer } from '../../domain/arbitration/command.ts'
import type { Problem } from '../../domain/problem.ts'
import { lineRefusal, refusal } from '../../domain/refusal.ts'
import type { Arbiter } from '../temporal/arbiter.ts'

/** The problem in an answer that is not the hoped-for one. */
export function refusalOf(answer: Answer, arbiter: Arbiter): Problem {
  if (answer.kind === 'refused' || answer.kind === 'expired') return refusal(answer, arbiter.now())
  if (answer.kind === 'waiting') return lineRefusal(answer, arbiter.now())
  throw new Error(`the arbiter answered ${answer.kind}`) // a defect: shown as `unexpected`
}
