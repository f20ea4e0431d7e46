import type { LockCaller } from './lock-caller.ts'

/** What many callers met who wanted one lock. Latencies in ms, in the order in which the answers came. */
export interface Contention {
  readonly latencies_ms: readonly number[]
  readonly grants: number
  /** Rounds with another number of grants than one. */
  readonly wrongRounds: number
  /** Answers that were neither a grant nor a plain refusal. */
  readonly failures: readonly string[]
  readonly took_s: number
}

/** Every caller at once, `rounds` times; the lock is released after each round. */
export async function contendInRounds(callers: readonly LockCaller[], rounds: number): Promise<Contention> {
  const tally = new Tally()
  for (let round = 0; round < rounds; round += 1) {
    const tokens = await Promise.all(callers.map(async (caller) => ({ caller, token: await tally.acquire(caller) })))
    const winners = tokens.filter((one) => one.token !== null)
    if (winners.length !== 1) tally.wrongRounds += 1
    for (const { caller, token } of winners) if (token !== null) tally.note(await caller.release(token))
  }
  return tally.result()
}

/** Every caller as fast as it gets answers, winners releasing at once, until `operations` are done or `limit_s` is over. A release is an operation. */
export async function contendInLoop(
  callers: readonly LockCaller[],
  limit: { readonly operations: number; readonly limit_s: number },
): Promise<Contention> {
  const tally = new Tally()
  const end = performance.now() + limit.limit_s * 1000
  let begun = 0
  const goesOn = (): boolean => begun < limit.operations && performance.now() < end
  await Promise.all(
    callers.map(async (caller) => {
      while (goesOn()) {
        begun += 1
        const token = await tally.acquire(caller)
        if (token === null) continue
        begun += 1
        await tally.release(caller, token)
      }
    }),
  )
  return tally.result()
}

class Tally {
  wrongRounds = 0
  readonly #began = performance.now()
  readonly #latencies_ms: number[] = []
  readonly #failures: string[] = []
  #grants = 0

  async acquire(caller: LockCaller): Promise<string | null> {
    const attempt = await this.#timed(() => caller.acquire())
    if (attempt.kind === 'failed') this.note(attempt.how)
    if (attempt.kind !== 'granted') return null
    this.#grants += 1
    return attempt.token
  }

  async release(caller: LockCaller, token: string): Promise<void> {
    this.note(await this.#timed(() => caller.release(token)))
  }

  note(failure: string | null): void {
    if (failure !== null) this.#failures.push(failure)
  }

  result(): Contention {
    const took_s = (performance.now() - this.#began) / 1000
    return { latencies_ms: this.#latencies_ms, grants: this.#grants, wrongRounds: this.wrongRounds, failures: this.#failures, took_s }
  }

  async #timed<T>(act: () => Promise<T>): Promise<T> {
    const began = performance.now()
    const result = await act()
    this.#latencies_ms.push(performance.now() - began)
    return result
  }
}
