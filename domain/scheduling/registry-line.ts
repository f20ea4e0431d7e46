import type { SilentCode } from '../group-commit.ts'
import type { Millis } from '../names.ts'
import type { RegistryNews, RegistryState, ScheduleAnswer, ScheduleBatch, ScheduleCommand, ScheduleReply } from './command.ts'

/** The registry gave no answer in time. Nothing that is still on its way will be done. */
export class RegistrySilent extends Error {
  override readonly name = 'RegistrySilent'
  readonly code: SilentCode
  constructor(code: SilentCode, options?: ErrorOptions) {
    super(code === 'temporal_down' ? 'Temporal does not answer' : 'the schedule registry does not answer: no worker is running', options)
    this.code = code
  }
}

export interface RegistryLineParts {
  /** One Update; the same `updateId` must reach the same Update again. Gives up by itself after some seconds. Any error but `RegistrySilent` counts as Temporal being down. */
  readonly send: (updateId: string, batch: ScheduleBatch) => Promise<ScheduleReply>
  /** The query. Gives up by itself, and throws like `send`. */
  readonly look: (knownVersion: number | null) => Promise<RegistryNews>
  readonly now: () => Millis
  readonly sleep: (ms: number) => Promise<void>
  readonly newId: () => string
  /** How long a command may wait for its answer, in milliseconds. */
  readonly budgetMs?: number
}

export interface Registry {
  /** Throws `RegistrySilent` when no answer came in time; a refusal is an answer. */
  ask(command: ScheduleCommand): Promise<ScheduleAnswer>
  /** Answers in the order of the commands. */
  askAll(commands: readonly ScheduleCommand[]): Promise<ScheduleAnswer[]>
  /** All schedules as they are now. Throws `RegistrySilent`, also while a fresh registry is still finding them. */
  read(): Promise<RegistryState>
  /** As `read`, but also what a registry holds that is still finding its schedules. */
  peek(): Promise<RegistryState>
}

interface Ask {
  readonly command: ScheduleCommand
  readonly giveUpAt: Millis
  readonly resolve: (answer: ScheduleAnswer) => void
  readonly reject: (error: Error) => void
}

const defaultBudgetMs = 5_000
/** The largest definitions together stay well below what one message may hold. */
const maxBatch = 250
const pauseMs = 200

/** A process's way to the registry: at most one Update of it is under way, and all that is asked meanwhile rides in the next (ARBITER.md A2 has the reason). */
export function createRegistryLine(parts: RegistryLineParts): Registry {
  return new RegistryLine(parts)
}

class RegistryLine implements Registry {
  readonly #parts: RegistryLineParts
  readonly #budgetMs: number
  #waiting: Ask[] = []
  #sending = false
  /** The registry's clock less ours, as its last late answer told: a clock of ours that is behind must not make everything late. */
  #offsetMs = 0
  #known: RegistryState | null = null

  constructor(parts: RegistryLineParts) {
    this.#parts = parts
    this.#budgetMs = parts.budgetMs ?? defaultBudgetMs
  }

  ask(command: ScheduleCommand): Promise<ScheduleAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, giveUpAt: this.#parts.now() + this.#budgetMs, resolve, reject })
      void this.#sendAll()
    })
  }

  askAll(commands: readonly ScheduleCommand[]): Promise<ScheduleAnswer[]> {
    return Promise.all(commands.map((command) => this.ask(command)))
  }

  async read(): Promise<RegistryState> {
    const state = await this.peek()
    if (!state.recovered) throw new RegistrySilent('worker_down')
    return state
  }

  async peek(): Promise<RegistryState> {
    let news: RegistryNews
    try {
      news = await this.#parts.look(this.#known?.version ?? null)
    } catch (error) {
      throw silence(error)
    }
    // Looks may come back in another order than they went.
    if (news !== null && news.version >= (this.#known?.version ?? 0)) this.#known = news
    const now = this.#known ?? news
    if (now === null) throw new RegistrySilent('worker_down')
    return now
  }

  async #sendAll(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    await Promise.resolve() // those who ask in this same turn ride along
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxBatch)
      const left = await this.#sendBatch(batch)
      this.#waiting.unshift(...left)
    }
    this.#sending = false
  }

  /** Those that shall be asked anew. */
  async #sendBatch(batch: readonly Ask[]): Promise<readonly Ask[]> {
    const notAfter = Math.min(...batch.map((ask) => ask.giveUpAt)) + this.#offsetMs
    const reply = await this.#deliver({ commands: batch.map((ask) => ask.command), notAfter }, () => this.#wanted(batch).length > 0)
    if (reply instanceof RegistrySilent) {
      for (const ask of batch) ask.reject(reply)
      return []
    }
    if (reply.kind === 'decided') {
      batch.forEach((ask, i) => {
        const answer = reply.answers[i]
        if (answer === undefined) ask.reject(new Error(`the schedule registry answered ${reply.answers.length} of ${batch.length} commands`))
        else ask.resolve(answer)
      })
      return []
    }
    if (reply.kind === 'late') this.#offsetMs = reply.now - this.#parts.now()
    else await this.#parts.sleep(pauseMs)
    const wanted = this.#wanted(batch)
    for (const ask of batch) if (!wanted.includes(ask)) ask.reject(new RegistrySilent('worker_down'))
    return wanted
  }

  /** Sends under one id until there is a reply or nobody waits for it any more: a batch whose reply was lost is never decided twice. */
  async #deliver(batch: ScheduleBatch, wanted: () => boolean): Promise<ScheduleReply | RegistrySilent> {
    const updateId = this.#parts.newId()
    for (;;) {
      try {
        return await this.#parts.send(updateId, batch)
      } catch (error) {
        if (!wanted()) return silence(error)
        await this.#parts.sleep(pauseMs)
      }
    }
  }

  #wanted(batch: readonly Ask[]): readonly Ask[] {
    const now = this.#parts.now()
    return batch.filter((ask) => ask.giveUpAt > now)
  }
}

const silence = (error: unknown): RegistrySilent => (error instanceof RegistrySilent ? error : new RegistrySilent('temporal_down', { cause: error }))
