import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from '../../domain/arbitration/command.ts'
import { errors } from '../../domain/errors.ts'
import type { Wish } from '../../domain/group-commit.ts'
import { Problem } from '../../domain/problem.ts'
import type { LockWait } from '../deps.ts'
import type { Arbiter } from '../temporal/arbiter.ts'
import { refusalOf } from './refused.ts'

type AcquireWish = Extract<Wish, { type: 'acquire' }>
export type Granted = Extract<Answer, { kind: 'granted' | 'extended' }>

/** A ticket lapses three seconds after its last repeat (ARBITER.md R5). */
const repeatEvery_ms = 1_000
/** An arbiter that does not answer is asked again; past its ten seconds the grant is free again anyway. */
const confirmTries = 3

/**
 * Stands in line for a lock until it is granted, `waitS` is over or the caller is gone. The arbiter keeps no connection in mind: a place lasts only as
 * long as its ticket is repeated, and a grant only if it is confirmed once the caller has it (ARBITER.md R5).
 * A caller that `comesBack` has a token of its own: what it leaves behind is kept for the arbiter's three and ten seconds, so that its next try finds its
 * place in line or its lock. What was for anybody else is given back at once.
 * Throws `reserved` when the time is over, and whatever else the arbiter refuses with.
 */
export async function standInLine(arbiter: Arbiter, wish: AcquireWish, wait: LockWait, comesBack: boolean): Promise<Granted> {
  const ticket = randomUUID()
  const who = wish.by === undefined ? {} : { by: wish.by }
  const leave = async (...more: Wish[]): Promise<void> => {
    if (!comesBack) await Promise.all([{ type: 'leave_line', ticket, ...who } as const, ...more].map((one) => tryToAsk(arbiter, one)))
  }
  const release = { type: 'release', tokenHash: wish.tokenHash, ...who } as const
  try {
    const granted = await untilGranted(arbiter, { ...wish, ticket }, wait)
    void wait.answered.then(
      () => confirm(arbiter, { type: 'confirm', tokenHash: wish.tokenHash, ...who }),
      () => leave(release),
    )
    return granted
  } catch (error) {
    const surelyNot = error instanceof Problem && error.code === 'reserved'
    void (surelyNot ? leave() : leave(release)) // else it may have been granted, with the answer lost
    throw wait.gone.aborted ? goneAway() : error
  }
}

async function untilGranted(arbiter: Arbiter, wish: AcquireWish, { waitS, gone }: LockWait): Promise<Granted> {
  const until = performance.now() + waitS * 1000
  for (;;) {
    const answer = await arbiter.ask(wish).catch(silenceOf)
    if (gone.aborted) throw goneAway()
    if (!(answer instanceof Problem) && isGranted(answer)) return answer
    const problem = answer instanceof Problem ? answer : refusalOf(answer, arbiter)
    const left_ms = until - performance.now()
    // A worker or a server that is started again meanwhile costs nobody their place, so it is no reason to give up either.
    const passes = problem.code === 'reserved' || errors[problem.code].status === 503
    if (!passes || left_ms <= 0) throw problem
    await delay(Math.min(repeatEvery_ms, left_ms), undefined, { signal: gone })
  }
}

export const isGranted = (answer: Answer): answer is Granted => answer.kind === 'granted' || answer.kind === 'extended'

export const goneAway = (): Problem => new Problem('expired', 'The caller went away', {}, 1)

function silenceOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  throw error
}

/** For what nobody waits for, so that no failure of it may reach anybody: a ticket lapses by itself, a grant that is not confirmed is freed, a lock expires. */
export async function tryToAsk(arbiter: Arbiter, wish: Wish): Promise<Answer | null> {
  return await arbiter.ask(wish).catch(() => null)
}

async function confirm(arbiter: Arbiter, wish: Wish): Promise<void> {
  for (let tries = 0; tries < confirmTries; tries++) {
    const answer = await tryToAsk(arbiter, wish)
    if (answer !== null && answer.kind !== 'expired') return
  }
}
