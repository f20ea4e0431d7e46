import type { Answer, Command, DecideReply } from './arbitration/command.ts'
import type { Millis, SwapId } from './names.ts'

type WithoutEnvelope<C> = C extends Command ? Omit<C, 'id' | 'notAfter'> & { readonly id?: string } : never

/** A command as a caller words it; the batcher adds the id (unless the caller has one) and `notAfter` in the arbiter's clock. */
export type Wish = WithoutEnvelope<Command>

export type SilentCode = 'temporal_down' | 'worker_down'

/** The arbiter gave no answer in time. Nothing that is still on its way will be done: it carries a `notAfter` (ARBITER.md A4). */
export class ArbiterSilent extends Error {
  override readonly name = 'ArbiterSilent'
  readonly code: SilentCode
  constructor(code: SilentCode, options?: ErrorOptions) {
    super(code === 'temporal_down' ? 'Temporal does not answer' : 'the arbiter does not answer: no worker is running', options)
    this.code = code
  }
}

export interface BatcherParts {
  /**
   * One Update. The same `updateId` must reach the same Update again. May throw `ArbiterSilent` to say what is down; any other error counts as Temporal being down.
   * Should give up by itself some seconds after the batcher does.
   */
  readonly send: (updateId: string, commands: readonly Command[]) => Promise<DecideReply>
  readonly now: () => Millis
  readonly sleep: (ms: number) => Promise<void>
  readonly newId: () => string
  /** How long a command may wait for its answer, in milliseconds. */
  readonly budgetMs?: number
  readonly maxBatch?: number
}

export interface Batcher {
  /** Asks the arbiter. Resolves with its answer, a refusal being one. Throws `ArbiterSilent` when none came within the budget. */
  ask(wish: Wish): Promise<Answer>
  /** The arbiter's clock now, as well as it is known; our own before its first answer. */
  arbiterNow(): Millis
}

interface Ask {
  readonly wish: Wish
  readonly id: string
  readonly giveUpAt: Millis
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
  open: boolean
  /** It may have reached the arbiter. */
  sent: boolean
}

const defaultBudgetMs = 5_000
const defaultMaxBatch = 500
const firstPauseMs = 50
const longestPauseMs = 500
const gatherMs = 5
/** So long after a full batch its callers are taken to be about to ask again. */
const crowdLastsMs = 1_000

/**
 * Group commit (ARBITER.md A2): at most one Update of this process is under way, and all that is asked meanwhile rides in the next.
 * A batch that got no reply is sent again under the same id, so that it is never decided twice.
 */
export function createBatcher(parts: BatcherParts): Batcher {
  return new GroupCommit(parts)
}

class GroupCommit implements Batcher {
  readonly #parts: BatcherParts
  readonly #budgetMs: number
  readonly #maxBatch: number
  /** Not yet in a batch, oldest first. */
  #waiting: Ask[] = []
  /** All without an answer, oldest first, which is also the order in which they are given up. */
  readonly #open = new Set<Ask>()
  /** Swaps whose caller was told that nothing was done, while a reply may just have been lost: taken back as soon as the arbiter answers again (A4). */
  readonly #doubtful = new Set<SwapId>()
  #offsetMs: number | null = null
  /** Kept until it is answered, so that a missing worker finds one such Update when it is back, not hundreds. */
  #clockQuestionId: string | null = null
  #sending = false
  #sweeping = false
  /** The largest batch of the last second. */
  #crowd = { size: 0, at: 0 }
  #swept = Promise.withResolvers<null>()
  #silence: SilentCode = 'worker_down'

  constructor(parts: BatcherParts) {
    this.#parts = parts
    this.#budgetMs = parts.budgetMs ?? defaultBudgetMs
    this.#maxBatch = parts.maxBatch ?? defaultMaxBatch
  }

  arbiterNow(): Millis {
    return this.#parts.now() + (this.#offsetMs ?? 0)
  }

  ask(wish: Wish): Promise<Answer> {
    if (wish.type === 'swap') this.#doubtful.delete(wish.swapId) // asked for again under its id: now it is wanted
    return new Promise((resolve, reject) => {
      const giveUpAt = this.#parts.now() + this.#budgetMs
      const ask: Ask = { wish, id: wish.id ?? this.#parts.newId(), giveUpAt, resolve, reject, open: true, sent: false }
      this.#waiting.push(ask)
      this.#open.add(ask)
      void this.#sendAll()
      void this.#giveUpLate()
    })
  }

  async #sendAll(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    await Promise.resolve() // those who ask in this same turn ride along
    while (this.#waiting.length > 0 || this.#doubtful.size > 0) {
      // A clock that is not known yet, or not any more, is learnt from an empty batch (A4): a `notAfter` must be right before it can bind.
      if (this.#offsetMs === null) await this.#learnClock()
      else this.#takeBackDoubtful()
      await this.#gather()
      if (this.#offsetMs !== null) await this.#sendBatch(this.#waiting.splice(0, this.#maxBatch).filter((ask) => ask.open))
      this.#waiting = this.#waiting.filter((ask) => ask.open)
    }
    this.#sending = false
  }

  /**
   * Callers of a full batch ask again at nearly the same time. Sent at once, the first of them would travel alone and the others wait for two trips, so a crowd
   * is given a moment to come together. A lone caller never waits.
   */
  async #gather(): Promise<void> {
    const { size, at } = this.#crowd
    if (size < 2 || this.#parts.now() - at > crowdLastsMs) return
    for (let waited = 0; waited < gatherMs && this.#waiting.length < size; waited++) await this.#parts.sleep(1)
  }

  #takeBackDoubtful(): void {
    for (const swapId of this.#doubtful) {
      this.#doubtful.delete(swapId)
      this.ask({ type: 'withdraw', swapId, reason: 'its caller was told that nothing was done' }).catch(() => {
        this.#doubtful.add(swapId)
        void this.#sendAll()
      })
    }
  }

  async #learnClock(): Promise<void> {
    this.#clockQuestionId ??= this.#parts.newId()
    const reply = await this.#deliver(this.#clockQuestionId, [], () => this.#doubtful.size > 0 || this.#waiting.some((ask) => ask.open))
    if (reply !== null) this.#clockQuestionId = null
  }

  async #sendBatch(batch: readonly Ask[]): Promise<void> {
    if (batch.length === 0) return
    const offset = this.#offsetMs ?? 0
    for (const ask of batch) ask.sent = true
    const commands = batch.map((ask) => ({ ...ask.wish, id: ask.id, notAfter: ask.giveUpAt + offset }))
    const reply = await this.#deliver(this.#parts.newId(), commands, () => batch.some((ask) => ask.open))
    const now = this.#parts.now()
    if (batch.length >= this.#crowd.size || now - this.#crowd.at > crowdLastsMs) this.#crowd = { size: batch.length, at: now }
    if (reply === null) return
    const again: Ask[] = []
    batch.forEach((ask, i) => {
      const answer = reply.answers[i]
      if (answer === undefined)
        this.#settle(ask, () => ask.reject(new Error(`the arbiter answered ${reply.answers.length} of ${batch.length} commands`)))
      // Late only by a clock that was wrong, as when a server's clock was set: nothing was done, so within its own time it may be asked anew.
      else if (answer.kind === 'expired' && this.#parts.now() < ask.giveUpAt) again.push(ask)
      else this.#settle(ask, () => ask.resolve(answer))
    })
    this.#waiting.unshift(...again)
  }

  /** Sends until there is a reply or nobody waits for it any more. Null: nobody does. */
  async #deliver(updateId: string, commands: readonly Command[], wanted: () => boolean): Promise<DecideReply | null> {
    const firstSentAt = this.#parts.now()
    for (let pause = firstPauseMs; wanted(); pause = Math.min(pause * 2, longestPauseMs)) {
      const reply = await Promise.race([this.#tryOnce(updateId, commands), this.#untilUnwanted(wanted)])
      if (reply === null) break
      if (reply !== 'failed') {
        this.#offsetMs = this.#betterOffset(reply.now - this.#parts.now(), reply.now - firstSentAt)
        return reply
      }
      await this.#parts.sleep(pause)
    }
    this.#offsetMs = null
    return null
  }

  async #tryOnce(updateId: string, commands: readonly Command[]): Promise<DecideReply | 'failed'> {
    this.#silence = 'worker_down' // taken and not answered: that is how a missing worker looks
    try {
      return await this.#parts.send(updateId, commands)
    } catch (error) {
      this.#silence = error instanceof ArbiterSilent ? error.code : 'temporal_down'
      return 'failed'
    }
  }

  /**
   * The true offset lies between `least` (the arbiter decided just as the reply came) and `most` (just as it was sent). The least one is the safe side:
   * it gives up early, and never lets a command be done after its caller was told that nothing was.
   */
  #betterOffset(least: number, most: number): number {
    return this.#offsetMs !== null && this.#offsetMs > least && this.#offsetMs <= most ? this.#offsetMs : least
  }

  async #untilUnwanted(wanted: () => boolean): Promise<null> {
    while (wanted()) await this.#swept.promise
    return null
  }

  /** Tells each caller in time that no answer came, also those whose batch was never sent. */
  async #giveUpLate(): Promise<void> {
    if (this.#sweeping) return
    this.#sweeping = true
    for (let first = this.#oldest(); first !== undefined; first = this.#oldest()) {
      await this.#parts.sleep(Math.max(1, Math.min(longestPauseMs, first.giveUpAt - this.#parts.now()))) // short, so that it holds up no process that has ended
      for (const ask of this.#open) {
        if (ask.giveUpAt > this.#parts.now()) break
        if (ask.sent && ask.wish.type === 'swap') this.#doubtful.add(ask.wish.swapId)
        this.#settle(ask, () => ask.reject(new ArbiterSilent(this.#silence)))
      }
      this.#swept.resolve(null)
      this.#swept = Promise.withResolvers()
    }
    this.#sweeping = false
  }

  #oldest(): Ask | undefined {
    const [first] = this.#open
    return first
  }

  #settle(ask: Ask, tell: () => void): void {
    if (!ask.open) return
    ask.open = false
    this.#open.delete(ask)
    tell()
  }
}
