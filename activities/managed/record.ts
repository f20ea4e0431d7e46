import { causeOf } from '../../domain/errors.ts'
import type { RunEnd } from '../../domain/managed/run-end.ts'
import type { Millis } from '../../domain/names.ts'
import type { Registered, RunNews, ScheduleCommand } from '../../domain/scheduling/command.ts'
import { scheduleIn } from '../../domain/scheduling/registry.ts'
import { RegistrySilent, type Registry } from '../../domain/scheduling/registry-line.ts'
import type { ManagedBody, ScheduleId } from '../../domain/scheduling/schedule.ts'
import { planOf } from '../../domain/scheduling/when.ts'
import { failure } from '../failure.ts'

/** One run of a managed schedule, as its own record and Temporal name it. */
export interface RunIdentity {
  readonly scheduleId: ScheduleId
  /** Of the workflow run: joins its end to its start. */
  readonly key: string
  /** When Temporal meant to start it, by the server's clock. */
  readonly plannedAt: Millis
}

export interface RunBegun {
  readonly definition: ManagedBody
  readonly paused: boolean
  readonly due: Millis | null
  readonly via: 'fired' | 'by_hand'
}

export interface RunReport extends RunIdentity, Pick<RunBegun, 'due' | 'via'> {
  readonly at: Millis
  readonly what: RunNews['what']
  readonly swapId: RunEnd['swapId']
  readonly detail: RunEnd['detail'] | null
}

/** What the schedule registry knows of a run. Each fails retryably while the registry is silent. */
export const createRecordActivities = ({ schedules }: { readonly schedules: Registry }) => ({
  /** What the schedule asks for, as it is registered now; null when it was removed, or is another's. One that came at no planned time was started by hand. */
  async readSchedule({ scheduleId, plannedAt }: RunIdentity): Promise<RunBegun | null> {
    const known = scheduleIn(await heard(() => schedules.read()), scheduleId)
    if (known?.body.kind !== 'managed') return null
    const due = plannedTimeOf(known, plannedAt)
    return { definition: known.body, paused: known.paused, due, via: due === null ? 'by_hand' : 'fired' }
  },

  /** Told twice is told once. */
  async tellRun({ scheduleId, key, due, via, at, what, swapId, detail }: RunReport): Promise<void> {
    const news: RunNews = { eventId: `${key}/${what}`, at, what, via, swapId, key, detail }
    const command: ScheduleCommand = { type: 'note_run', id: scheduleId, due, news }
    await heard(() => schedules.ask(command))
  },
})

/** The planned time that Temporal meant; it tells whole seconds, and is a second late on days when clocks are changed. */
function plannedTimeOf({ body, createdAt }: Registered, plannedAt: Millis): Millis | null {
  const due = planOf(body, createdAt).next(plannedAt - 1_001)
  return due !== null && due < plannedAt + 1_000 ? due : null
}

async function heard<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question()
  } catch (error) {
    if (error instanceof RegistrySilent) throw failure(causeOf(error.code))
    throw error
  }
}
