import type { Answer } from '../../domain/arbitration/command.ts'
import { Problem } from '../../domain/problem.ts'
import { lineRefusal, refusal, type Crowd } from '../../domain/refusal.ts'
import type { Arbiter } from '../temporal/arbiter.ts'

/** The problem in an answer that is not the hoped-for one. */
function unlike(answer: Answer, arbiter: Arbiter, crowd: Crowd | null = null): Problem {
  if (answer.kind === 'refused' || answer.kind === 'expired') return refusal(answer, arbiter.now(), crowd)
  if (answer.kind === 'waiting') return lineRefusal(answer, arbiter.now(), crowd)
  throw new Error(`the arbiter answered ${answer.kind}`) // a defect: shown as `unexpected`
}

const crowded = new Set<string>(['busy', 'queue_full', 'reserved'])

/** The same, with how many others wait there, as far as that is known at once. */
export async function refusalOf(answer: Answer, arbiter: Arbiter): Promise<Problem> {
  const asksForMore = answer.kind === 'waiting' || (answer.kind === 'refused' && crowded.has(answer.code))
  return unlike(answer, arbiter, asksForMore ? await crowdOf(arbiter) : null)
}

async function crowdOf(arbiter: Arbiter): Promise<Crowd | null> {
  try {
    const { queue, waiting } = await arbiter.view()
    return { queued: queue.length, waiting: waiting.length }
  } catch (error) {
    if (error instanceof Problem) return null
    throw error
  }
}
