import { setTimeout as timer } from 'node:timers/promises'
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { ClusterId, Millis } from '../../domain/names.ts'
import type { DepsWithSchedules } from '../deps.ts'
import { tellLostRuns } from '../managed/lost-runs.ts'
import { pause } from '../pause.ts'
import { Lateness } from './lateness.ts'
import { Mirror } from './mirror.ts'

const everyMs = 2_000
const inspectEveryMs = 60_000
/** Ends in good time before its own limit, to be started anew. */
const longestMs = 50 * 60_000

export interface KeepTimeRequest {
  readonly clusterId: ClusterId
  /** Until when the watch before this one looked, as far as the registry was told. */
  readonly watchedUntil: Millis | null
}

export const createScheduleActivities = (deps: DepsWithSchedules) => ({
  /**
   * Keeps the watch on all schedules of the cluster: tells of runs that did not come, or were ended by hand, and keeps Temporal's own schedules as the registry has
   * them, each every two seconds and none waiting for another. A round that fails is one round less. On cancel it says until when it looked, and ends.
   */
  async keepTime({ clusterId, watchedUntil }: KeepTimeRequest): Promise<void> {
    const ended = new AbortController()
    const signal = AbortSignal.any([cancellationSignal(), deps.ending, ended.signal])
    const lateness = new Lateness(deps, lastLookOf(activityInfo().heartbeatDetails) ?? watchedUntil)
    const rounds = Promise.all([
      watchDueTimes(deps, lateness, signal),
      keepMirror(deps, new Mirror({ ...deps, clusterId, signal }), signal),
      watchRuns(deps, signal),
    ])
    const until = performance.now() + longestMs
    while (performance.now() < until && !signal.aborted) {
      heartbeat(lateness.lookedAt)
      await pause(everyMs / 2, signal)
    }
    ended.abort()
    // Another worker, or this one when it is back, goes on from the last heartbeat. Nobody may be there to hear until when we looked.
    if (deps.ending.aborted) throw ApplicationFailure.retryable('the worker ends', 'worker_ends')
    await Promise.race([rounds, timer(everyMs)])
    await lateness.tell().catch(() => undefined)
  },
})

const lastLookOf = (details: unknown): Millis | null => (typeof details === 'number' ? details : null)

async function watchDueTimes({ schedules, log }: DepsWithSchedules, lateness: Lateness, signal: AbortSignal): Promise<void> {
  await keepOn(signal, async () => {
    try {
      await lateness.look(await schedules.read(), Date.now())
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'the watch on due times missed a look')
    }
  })
}

async function keepMirror({ schedules, log }: DepsWithSchedules, mirror: Mirror, signal: AbortSignal): Promise<void> {
  let inspectedAt = performance.now()
  await keepOn(signal, async () => {
    try {
      const state = await schedules.peek()
      if (!state.recovered) return await mirror.recover()
      await mirror.follow(state)
      if (performance.now() - inspectedAt < inspectEveryMs) return
      inspectedAt = performance.now()
      await mirror.inspect(await schedules.read(), Date.now())
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'the schedules in Temporal could not be looked after')
    }
  })
}

async function watchRuns(deps: DepsWithSchedules, signal: AbortSignal): Promise<void> {
  await keepOn(signal, async () => {
    try {
      await tellLostRuns(deps, await deps.schedules.read())
    } catch (error) {
      if (!signal.aborted) deps.log.warn({ err: error }, 'the watch on managed runs missed a look')
    }
  })
}

/** One round after the other, the next two seconds after the last began. */
async function keepOn(signal: AbortSignal, round: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const begun = performance.now()
    await round()
    await pause(Math.max(0, begun + everyMs - performance.now()), signal)
  }
}
