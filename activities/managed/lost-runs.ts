import { WorkflowNotFoundError, type Client, type WorkflowExecutionStatusName } from '@temporalio/client'
import type { KeptRun, RegistryState } from '../../domain/scheduling/command.ts'
import type { Registry } from '../../domain/scheduling/registry-line.ts'
import { scheduleIn } from '../../domain/scheduling/registry.ts'
import type { ScheduleId } from '../../domain/scheduling/schedule.ts'

interface Parts {
  readonly client: Client
  readonly schedules: Registry
}

interface OpenRun {
  readonly id: ScheduleId
  readonly run: KeptRun & { readonly key: string }
}

const closedWords: Partial<Record<WorkflowExecutionStatusName, string>> = {
  TERMINATED: 'the run was terminated in Temporal',
  TIMED_OUT: 'the run timed out in Temporal',
  CANCELLED: 'the run was cancelled in Temporal',
  FAILED: 'the run broke',
  COMPLETED: 'the run ended without a word',
}

/** Managed runs that Temporal has closed and that could not say so themselves: what was terminated by hand shows as failed, not as running for ever. */
export async function tellLostRuns({ client, schedules }: Parts, state: RegistryState): Promise<void> {
  for (const { id, run } of openRuns(state)) {
    const detail = await howClosed(client, run.key)
    if (detail === null) continue
    // A run tells its end before it is closed: read after that look, an open one is one that did not.
    const now = scheduleIn(await schedules.read(), id)
    if (now?.runs.some((one) => one.key === run.key && one.endedAt === null) !== true) continue
    const news = { eventId: `${run.key}/lost`, at: Date.now(), what: 'failed', via: 'fired', swapId: null, key: run.key, detail } as const
    await schedules.ask({ type: 'note_run', id, due: run.due, news })
  }
}

const openRuns = ({ schedules }: RegistryState): OpenRun[] =>
  Object.values(schedules).flatMap(({ body, runs }) =>
    body.kind === 'managed'
      ? runs.flatMap((run) => (run.endedAt === null && run.key !== null ? [{ id: body.id, run: { ...run, key: run.key } }] : []))
      : [],
  )

/** In words; null while it is open. */
async function howClosed(client: Client, key: string): Promise<string | null> {
  const cut = key.lastIndexOf('/')
  try {
    const { status } = await client.workflow.getHandle(key.slice(0, cut), key.slice(cut + 1)).describe()
    return closedWords[status.name] ?? null
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'Temporal does not know the run any more'
    throw error
  }
}
