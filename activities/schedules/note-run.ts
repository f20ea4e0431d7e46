import type { Millis } from '../../domain/names.ts'
import type { RunNews } from '../../domain/scheduling/command.ts'
import type { Registry } from '../../domain/scheduling/registry-line.ts'
import { scheduleIn } from '../../domain/scheduling/registry.ts'
import { ScheduleId } from '../../domain/scheduling/schedule.ts'
import { dueTimeOf } from '../../domain/scheduling/standing.ts'

/** What somebody saw of a run. `swapId`, `key` and `detail` where there are such. */
export interface SeenRun extends Pick<RunNews, 'eventId' | 'at' | 'what' | 'via'> {
  /** As a caller wrote it: it need not be a schedule's. */
  readonly scheduleId: string
  readonly at: Millis
  readonly swapId?: string | null
  /** Joins an end to its start where there is no swap. */
  readonly key?: string | null
  readonly detail?: string | null
}

/**
 * Tells the schedule registry of a run. The same `eventId` is noted once; an id that is nobody's schedule is ignored.
 * Throws `RegistrySilent` when no answer came in time: then it may be told again.
 */
export async function noteScheduleRun({ schedules }: { readonly schedules: Registry }, run: SeenRun): Promise<void> {
  const { scheduleId, swapId = null, key = null, detail = null, ...news } = run
  const id = ScheduleId.safeParse(scheduleId)
  if (!id.success) return
  const known = scheduleIn(await schedules.read(), id.data)
  if (known === undefined) return
  await schedules.ask({ type: 'note_run', id: id.data, due: dueTimeOf(known, run.at), news: { ...news, swapId, key, detail } })
}
