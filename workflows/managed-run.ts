import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common'
import { ApplicationFailure, CancellationScope, isCancellation, condition, setCurrentDetails, workflowInfo } from '@temporalio/workflow'
import type { RunBegun, RunIdentity, RunReport } from '../activities/managed/record.ts'
import { failed, skipped, type RunEnd } from '../domain/managed/run-end.ts'
import { rfc3339, type SwapId } from '../domain/names.ts'
import { asking, reading, telling, workedFor } from './managed/activities.ts'
import { runRestart } from './managed/service.ts'
import { runSwap } from './managed/swap.ts'
import { troubleOf } from './swap/trouble.ts'
import type { ScheduledRunRequest } from './messages.ts'

/** Beyond a completion's own limit, for several deployments and slow hosts. */
const workLimitS = 1_800
const toldWithinMs = 5_000

/**
 * One run of a managed schedule: Temporal starts it at its time, or a person by hand. It reads what the schedule asks for now, does it through the same gate as
 * everybody, and says how it came out. A run that could not start within the catch-up window, because no worker was there, does nothing.
 */
export async function managedRun({ clusterId, scheduleId }: ScheduledRunRequest): Promise<RunEnd> {
  const run = identity(scheduleId)
  const startedAt = Date.now()
  const begun = await reading.readSchedule(run)
  if (begun === null) return skipped('the schedule was removed')
  const tell = (report: Pick<RunReport, 'what' | 'at' | 'swapId' | 'detail'>): Promise<void> =>
    telling.tellRun({ ...run, ...reportable(begun), ...report })
  let swapId: SwapId | null = null
  let end: RunEnd
  let cancelled: unknown = null
  let isKnown = false
  const told = CancellationScope.nonCancellable(() => tell({ what: 'started', at: startedAt, swapId: null, detail: null }))
    .catch(() => undefined) // its end is told as well, and is all that is needed
    .then(() => (isKnown = true))
  try {
    // First, so that what the action does finds its run; but a registry that is slow to hear makes nothing late.
    await condition(() => isKnown, toldWithinMs)
    end = notNow(begun, startedAt) ?? (await act(clusterId, begun, (id) => (swapId = id)))
  } catch (error) {
    if (isCancellation(error)) cancelled = error
    const { cause } = troubleOf(error, null, false)
    end = failed(cancelled === null ? `${cause.code}: ${cause.message}` : 'the run was cancelled in Temporal', swapId)
  }
  setCurrentDetails(`**${end.state}**: ${end.detail}`)
  await told
  await CancellationScope.nonCancellable(() => tell({ what: end.state, at: Date.now(), swapId: end.swapId ?? swapId, detail: end.detail }))
  if (cancelled !== null) throw cancelled as Error // caught above
  if (end.state === 'failed') throw ApplicationFailure.nonRetryable(end.detail, 'run_failed', end) // red on Temporal's page as well
  return end
}

function act(clusterId: string, { definition }: RunBegun, accepted: (swapId: SwapId) => void): Promise<RunEnd> {
  const { action } = definition
  const { runId } = workflowInfo()
  switch (action.type) {
    case 'swap':
      return runSwap({ clusterId, definition, action, runId, accepted })
    case 'restart_service':
      return runRestart({ clusterId, definition, action, runId })
    case 'warm':
      return workedFor(workLimitS).warmDeployments({ clusterId, hosts: action.hosts ?? null })
    case 'health_sweep':
      return workedFor(workLimitS).sweepHealth({ clusterId, hosts: action.hosts ?? null })
    case 'release_stale_lock':
      return asking.releaseStaleLocks({
        clusterId,
        scheduleId: definition.id,
        heldLongerThanS: action.held_longer_than_s,
        hosts: action.hosts ?? null,
      })
  }
}

/** Temporal notes on what a schedule starts when that was meant to be. */
const plannedStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME)

function identity(scheduleId: string): RunIdentity {
  const { workflowId, runId, startTime, typedSearchAttributes } = workflowInfo()
  return { scheduleId, key: `${workflowId}/${runId}`, plannedAt: (typedSearchAttributes.get(plannedStart) ?? startTime).getTime() }
}

const reportable = ({ due, via }: RunBegun): Pick<RunBegun, 'due' | 'via'> => ({ due, via })

/**
 * The server starts a run in time whether a worker is there or not: what was meant for the night must not happen in the morning. And it may start one more
 * while it is only being told of a pause.
 */
function notNow({ definition, paused, via }: RunBegun, startedAt: number): RunEnd | null {
  if (via === 'fired' && paused) return skipped('it is paused')
  const { startTime } = workflowInfo() // one that stood behind the run before it is started by the server only then, and is not late
  const lateS = Math.round((startedAt - startTime.getTime()) / 1000)
  if (lateS <= definition.catchup_window_s) return null
  return skipped(`no worker was there from ${rfc3339(startTime.getTime())} on, for ${lateS} s`)
}
