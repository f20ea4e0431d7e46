import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import type { ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import type { RegistryState, ScheduleAnswer, ScheduleCommand } from '../../domain/scheduling/command.ts'
import { createRegistryLine, RegistrySilent, type Registry } from '../../domain/scheduling/registry-line.ts'
import { scheduleRegistryWorkflowId } from '../../domain/scheduling/schedule.ts'
import { schedules, scheduling } from '../../workflows/messages.ts'
import type { TemporalLink } from './link.ts'

/** Shorter than a command's patience, so that there is a second try. */
const callLimit_ms = 2_500
const askBudget_ms = 4_000

/** The schedule registry of one cluster as the API reaches it. Every call throws `temporal_down` or `worker_down` when there is no answer in time. */
export class ScheduleRegistry implements Registry {
  readonly #link: TemporalLink
  readonly #workflowId: string
  readonly #line: Registry

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#workflowId = scheduleRegistryWorkflowId(clusterId)
    this.#line = createRegistryLine({
      send: (updateId, batch) => this.#call(() => this.#handle().executeUpdate(scheduling, { updateId, args: [batch] })),
      look: (knownVersion) => this.#call(() => this.#handle().query(schedules, knownVersion)),
      now: () => performance.timeOrigin + performance.now(), // never steps back
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      newId: randomUUID,
      budgetMs: askBudget_ms,
    })
  }

  ask(command: ScheduleCommand): Promise<ScheduleAnswer> {
    return this.#orProblem(this.#line.ask(command))
  }

  askAll(commands: readonly ScheduleCommand[]): Promise<ScheduleAnswer[]> {
    return this.#orProblem(this.#line.askAll(commands))
  }

  /** All schedules as they are now. A version that is known already costs little. */
  read(): Promise<RegistryState> {
    return this.#orProblem(this.#line.read())
  }

  peek(): Promise<RegistryState> {
    return this.#orProblem(this.#line.peek())
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#link.client.withDeadline(Date.now() + callLimit_ms, work)
    } catch (error) {
      const noWorker = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof WorkflowNotFoundError // workers start it at boot
      throw new RegistrySilent(noWorker ? 'worker_down' : 'temporal_down', { cause: error })
    }
  }

  /** A call that runs into its limit looks the same whether the server or the worker is away: the server is asked by itself. */
  async #orProblem<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      if (!(error instanceof RegistrySilent)) throw error
      const { ok, detail } = await this.#link.pulse()
      throw ok ? new Problem('worker_down', 'No worker answers; nothing was done', {}, 5) : new Problem('temporal_down', detail, {}, 5)
    }
  }

  #handle() {
    return this.#link.client.workflow.getHandle(this.#workflowId)
  }
}
