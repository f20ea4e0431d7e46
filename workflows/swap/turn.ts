import { condition, isCancellation, setHandler } from '@temporalio/workflow'
import type { Go } from '../../domain/arbitration/command.ts'
import { causeOf, type Cause } from '../../domain/errors.ts'
import { go, withdrawn, type SwapRequest } from '../messages.ts'
import { turn } from './activities.ts'
import { withdrawnBy } from './trouble.ts'

const askEveryMs = 30_000

/** What the arbiter told this swap. The first `go` counts; a second one is the same or comes too late (ARBITER.md G4). */
export class Orders {
  #go: Go | null = null
  #withdrawn: Cause | null = null

  constructor() {
    setHandler(go, (told) => {
      this.#go ??= told
    })
    setHandler(withdrawn, ({ code, message }) => {
      this.#withdrawn ??= causeOf(code, message ?? undefined)
    })
  }

  /** Why there will be no `go`; null while nobody said so. */
  get withdrawal(): Cause | null {
    return this.#withdrawn
  }

  /** Waits for the turn, and asks for it now and then, so that a `go` that was lost or an arbiter that forgot leaves no swap waiting for ever. */
  async toldToGo(request: SwapRequest): Promise<Go> {
    const queueEndsAt = request.acceptedAt + request.queueLimitS * 1000
    for (;;) {
      const patienceMs = Math.max(1, Math.min(askEveryMs, queueEndsAt - Date.now()))
      await condition(() => this.#go !== null || this.#withdrawn !== null, patienceMs)
      if (this.#go !== null) return this.#go
      if (this.#withdrawn !== null) throw withdrawnBy(this.#withdrawn)
      if (Date.now() >= queueEndsAt) throw withdrawnBy(causeOf('queue_limit', `It waited for ${request.queueLimitS} s`))
      await this.#ask(request)
    }
  }

  async #ask(request: SwapRequest): Promise<void> {
    const answer = await turn.askTurn(request.swapId).catch((error: unknown) => {
      if (isCancellation(error)) throw error
      return null // a silent arbiter is asked again at the next round
    })
    if (answer?.kind === 'go') this.#go ??= answer.go
    if (answer?.kind === 'refused') this.#withdrawn ??= causeOf(answer.code, answer.message ?? undefined)
  }
}
