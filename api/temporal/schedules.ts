import { randomUUID } from 'node:crypto'
import { ScheduleNotFoundError, ScheduleOverlapPolicy, WorkflowNotFoundError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import type { ClusterId, Millis } from '../../domain/names.ts'
import type { RegistryState, ScheduleAnswer, ScheduleCommand } from '../../domain/scheduling/command.ts'
import { createRegistryLine, RegistrySilent, type Registry } from '../../domain/scheduling/registry-line.ts'
import { scheduleRegistryWorkflowId, temporalScheduleId, type ManagedBody } from '../../domain/scheduling/schedule.ts'
import { schedules, scheduling } from '../../workflows/messages.ts'
import { Briefly } from '../briefly.ts'
import type { TemporalLink } from './link.ts'

const callLimit_ms = 3_000
/** With the look for the culprit after it, the 503 is out within six seconds. */
const askBudget_ms = 4_500

const overlapPolicies: Readonly<Record<ManagedBody['overlap'], ScheduleOverlapPolicy>> = {
  skip: ScheduleOverlapPolicy.SKIP,
  buffer_one: ScheduleOverlapPolicy.BUFFER_ONE,
  allow_all: ScheduleOverlapPolicy.ALLOW_ALL,
}

/** The schedule registry of one cluster as the API reaches it, and the schedules that Temporal itself has. Throws `temporal_down` or `worker_down`. */
export class Schedules {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId
  readonly #registry: Registry
  readonly #states = new Briefly<RegistryState>(1_000)

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
    this.#registry = createRegistryLine({
      send: (updateId, batch) => this.#call(() => this.#handle().executeUpdate(scheduling, { updateId, args: [batch] })),
      look: (knownVersion) => this.#call(() => this.#handle().query(schedules, knownVersion)),
      now: () => performance.timeOrigin + performance.now(), // never steps back
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      newId: randomUUID,
      budgetMs: askBudget_ms,
    })
  }

  /** All schedules, at most a second old. */
  read(): Promise<RegistryState> {
    return this.#states.get('', () => this.#spoken(() => this.#registry.read()))
  }

  /** The answer; a refusal is one. */
  async ask(command: ScheduleCommand): Promise<ScheduleAnswer> {
    try {
      return await this.#spoken(() => this.#registry.ask(command))
    } finally {
      this.forget()
    }
  }

  /** Answers in the order of the commands. */
  async askAll(commands: readonly ScheduleCommand[]): Promise<ScheduleAnswer[]> {
    try {
      return await this.#spoken(() => this.#registry.askAll(commands))
    } finally {
      this.forget()
    }
  }

  /** When Temporal means to start it next; null when it does not have this schedule. */
  async nextTimes(id: string): Promise<Millis[] | null> {
    try {
      const { info } = await this.#link.call((client) => client.schedule.getHandle(temporalScheduleId(this.#clusterId, id)).describe())
      return info.nextActionTimes.map((time) => time.getTime())
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null
      throw error
    }
  }

  /** Starts a run now, under the schedule's own rule for overlaps. False when Temporal does not have this schedule. */
  async trigger(id: string, overlap: ManagedBody['overlap']): Promise<boolean> {
    try {
      await this.#link.call((client) => client.schedule.getHandle(temporalScheduleId(this.#clusterId, id)).trigger(overlapPolicies[overlap]))
      return true
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false
      throw error
    } finally {
      this.forget()
    }
  }

  forget(): void {
    this.#states.forget()
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#link.during((client) => client.withDeadline(Date.now() + callLimit_ms, work))
    } catch (error) {
      const noWorker = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof WorkflowNotFoundError // workers start it at boot
      throw new RegistrySilent(noWorker ? 'worker_down' : 'temporal_down', { cause: error })
    }
  }

  /** The registry's silence, in words for a caller. */
  async #spoken<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw error instanceof RegistrySilent ? await this.#link.silence() : error
    }
  }

  #handle() {
    return this.#link.client.workflow.getHandle(scheduleRegistryWorkflowId(this.#clusterId))
  }
}
