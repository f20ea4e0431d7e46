import { sleep } from '@temporalio/workflow'
import type { Refused } from '../../activities/managed/gate.ts'
import { asksAgainInMs } from '../../domain/managed/patience.ts'
import { failed, skipped, type RunEnd } from '../../domain/managed/run-end.ts'
import type { ManagedBody } from '../../domain/scheduling/schedule.ts'

/** How long one run waits while it is refused. Force is never its answer. */
export class Patience {
  readonly #begunAt = Date.now()
  readonly #waitMs: number

  /** `when_refused: skip` has none. */
  constructor({ when_refused, wait_s }: Pick<ManagedBody, 'when_refused' | 'wait_s'>) {
    this.#waitMs = when_refused === 'wait' ? wait_s * 1000 : 0
  }

  /** How long the run may still stand in a queue, in seconds; null: it does not wait. */
  get queueS(): number | null {
    const leftMs = this.#leftMs()
    return leftMs <= 0 ? null : Math.ceil(leftMs / 1000)
  }

  /** Waits until it is time to ask again; false when the patience is over. Durable: a timer of this workflow. */
  async mayAskAgain(freeInMs: number | null, why: string): Promise<boolean> {
    const pauseMs = asksAgainInMs({ waitedMs: Date.now() - this.#begunAt, leftMs: this.#leftMs(), freeInMs })
    if (pauseMs === null) return false
    await sleep(pauseMs, { summary: why })
    return true
  }

  #leftMs(): number {
    return this.#begunAt + this.#waitMs - Date.now()
  }
}

/** Asks until it is not refused. A refusal that waiting cannot mend fails the run; one that outlasts the patience skips it. */
export async function insist<A extends { readonly kind: string }>(
  patience: Patience,
  ask: () => Promise<A | Refused>,
): Promise<Exclude<A, Refused> | { readonly kind: 'gave_up'; readonly end: RunEnd }> {
  for (;;) {
    const answer = await ask()
    if (!isRefusal(answer)) return answer as Exclude<A, Refused> // what is left when it is no refusal
    if (!answer.passes) return { kind: 'gave_up', end: failed(answer.detail) }
    if (!(await patience.mayAskAgain(answer.freeInMs, answer.detail))) return { kind: 'gave_up', end: skipped(answer.detail) }
  }
}

const isRefusal = (answer: { readonly kind: string }): answer is Refused => answer.kind === 'refused'
