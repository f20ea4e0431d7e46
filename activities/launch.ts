import { CancelledFailure, activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { engineUrl } from '../domain/engine-address.ts'
import { Model } from '../domain/model.ts'
import type { HostName } from '../domain/names.ts'
import type { SwapLimits } from '../domain/swap-limits.ts'
import type { StepOfSwap } from '../domain/swap-snapshot.ts'
import type { ActivityDeps } from './deps.ts'
import { dispatch } from './dispatch.ts'
import { EngineLogReader } from './engine-log-reader.ts'
import { untilHealthy } from './engine-watch.ts'
import { failure, withFailures } from './failure.ts'
import { withHeartbeats } from './heartbeats.ts'
import { markOf } from './own-commands.ts'
import { lastWordsIn, withSwapLog, type SwapLog } from './swap-log.ts'
import { Vllm } from './vllm.ts'

export interface LaunchInput {
  readonly step: StepOfSwap
  readonly phase: 'launch' | 'restore'
  readonly model: Model
  /** The head. */
  readonly host: HostName
  /** The other hosts of a model on several. */
  readonly workers?: readonly HostName[]
  readonly limits: SwapLimits
  readonly memoryFloorGib: number
  readonly extraDockerArgs: string
}

/** What the heartbeat of a launch carries: read by the API without a worker, and by a later attempt. */
export interface LaunchProgress {
  readonly percent: number | null
  readonly stage: string
  readonly lastLines: readonly string[]
  readonly log_offset: number
  /** docker's timestamp of the last line that was read. */
  readonly last: string | null
  /** How much of the launch's limit is used up, in milliseconds, over all attempts. */
  readonly spentMs: number
}

const shownLines = 20

export const createLaunchActivities = (deps: ActivityDeps) => ({
  /**
   * Starts a model and waits until its engine is healthy, following its log. Safe to repeat: a later attempt goes on with the container of the earlier one.
   * Fails with the engine's own cause. Cancelled, it leaves what it started as it is: the workflow clears it, with proof.
   */
  launchModel: (input: LaunchInput): Promise<{ how: 'launched' | 'attached'; detail: string }> =>
    withFailures(() => withSwapLog(deps.places.logsDir, input.step.swapId, input.phase, (log) => launchModel(deps, input, log))),
})

async function launchModel(
  { hosts, places }: ActivityDeps,
  input: LaunchInput,
  log: SwapLog,
): Promise<{ how: 'launched' | 'attached'; detail: string }> {
  const { host, step, limits, workers = [] } = input
  const model = Model.parse(input.model) // a workflow of before knows less of it
  const on = [host, ...workers]
  const { attempt } = activityInfo()
  const before = activityInfo().heartbeatDetails as LaunchProgress | undefined // written below alone
  const begunAt = performance.now()
  const spentMs = (): number => (before?.spentMs ?? 0) + performance.now() - begunAt
  const fatal = Promise.withResolvers<null>()
  const reader = new EngineLogReader(log, before?.last ?? null, () => fatal.resolve(null))
  const beat = (): void => {
    const progress: LaunchProgress = {
      ...reader.progress,
      lastLines: reader.lines.slice(-shownLines),
      log_offset: log.offset,
      last: reader.last,
      spentMs: spentMs(),
    }
    heartbeat(progress)
  }
  const vllm = new Vllm(engineUrl(hosts.host(host), model))
  const say = (text: string): void => log.write(text)
  try {
    return await withHeartbeats(beat, async () => {
      const how = await dispatch({
        ...{ hosts, on, model, step, attempt, say },
        ...{ extraDockerArgs: input.extraDockerArgs, memoryFloorGib: input.memoryFloorGib, stopLimitS: limits.stopS },
        lastWords: lastWordsIn(places.logsDir, step.swapId),
      })
      if (cancellationSignal().aborted) throw new CancelledFailure('cancelled while it was launched')
      reader.lastNewsAt = performance.now()
      const launched = { model, hosts: on, mark: markOf(step, attempt, model) }
      const watch = { hosts, launched, vllm, log: reader, fatal: fatal.promise }
      const cause = await untilHealthy(
        { ...watch, limitMs: limits.launchS * 1000 - spentMs(), stallMs: limits.launchStallS * 1000 },
        cancellationSignal(),
      ).catch(cancelled)
      if (cause !== null) {
        log.write(`${cause.code}: ${cause.message}`)
        throw failure(cause)
      }
      const seconds = (spentMs() / 1000).toFixed(1)
      log.write(`${on.join(', ')}: healthy after ${seconds} s`)
      return { how, detail: `${how === 'launched' ? 'started' : 'attached'}, healthy after ${seconds} s` }
    })
  } finally {
    await vllm.close()
  }
}

function cancelled(error: unknown): never {
  if (cancellationSignal().aborted) throw new CancelledFailure('cancelled while the engine was starting')
  throw error
}
