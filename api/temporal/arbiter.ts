import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import type { Answer, ArbiterView, Command, DecideReply } from '../../domain/arbitration/command.ts'
import { ArbiterSilent, createBatcher, type Batcher, type Wish } from '../../domain/group-commit.ts'
import { arbiterWorkflowId, type ClusterId, type Millis } from '../../domain/names.ts'
import { arbiterState, decide } from '../../workflows/messages.ts'
import { Briefly } from '../briefly.ts'
import type { TemporalLink } from './link.ts'

/** With the look for the culprit after it, the 503 is out within six seconds (ARBITER.md A8). */
const askBudget_ms = 4_500
/** A little longer than a batch waits, so that a call which nobody waits for any more ends by itself. */
const updateLimit_ms = 6_000
const viewLimit_ms = 4_000

/** After these the last look is as good as before, and a crowd that is refused costs no look each. */
const unchanging = new Set<Answer['kind']>(['refused', 'waiting', 'expired'])

/** The arbiter of one cluster as the API reaches it: one batcher a process (ARBITER.md A2), and its state, at most a second old. */
export class Arbiter {
  readonly #link: TemporalLink
  readonly #workflowId: string
  readonly #batcher: Batcher
  readonly #views = new Briefly<ArbiterView>(1_000)

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#workflowId = arbiterWorkflowId(clusterId)
    this.#batcher = createBatcher({
      send: (updateId, commands) => this.#send(updateId, commands),
      now: () => performance.timeOrigin + performance.now(), // never steps back
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      newId: randomUUID,
      budgetMs: askBudget_ms,
    })
  }

  /** The arbiter's answer; a refusal is one. Throws `temporal_down` or `worker_down` within six seconds: then nothing that is still under way will be done. */
  async ask(wish: Wish): Promise<Answer> {
    try {
      const answer = await this.#batcher.ask(wish)
      if (!unchanging.has(answer.kind)) this.#views.forget()
      return answer
    } catch (error) {
      this.#views.forget()
      if (error instanceof ArbiterSilent) throw await this.#link.silence()
      throw error
    }
  }

  /** What it holds now. Throws `temporal_down` or `worker_down`. */
  view(): Promise<ArbiterView> {
    return this.#views.get('', async () => {
      try {
        return await this.#link.during((client) => client.withDeadline(Date.now() + viewLimit_ms, () => this.#handle().query(arbiterState)))
      } catch {
        throw await this.#link.silence()
      }
    })
  }

  /** Its clock now, as well as it is known. */
  now(): Millis {
    return this.#batcher.arbiterNow()
  }

  async #send(updateId: string, commands: readonly Command[]): Promise<DecideReply> {
    try {
      return await this.#link.during((client) =>
        client.withDeadline(Date.now() + updateLimit_ms, () => this.#handle().executeUpdate(decide, { updateId, args: [commands] })),
      )
    } catch (error) {
      const noWorker = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof WorkflowNotFoundError // workers start it at boot
      throw new ArbiterSilent(noWorker ? 'worker_down' : 'temporal_down', { cause: error })
    }
  }

  #handle() {
    return this.#link.client.workflow.getHandle(this.#workflowId)
  }
}
