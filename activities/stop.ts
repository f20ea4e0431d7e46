import { setTimeout as pause } from 'node:timers/promises'
import { CancelledFailure, activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import { nothingYet, type ClearingSoFar } from '../domain/clearing.ts'
import type { ClearingPlan, HostToClear } from '../domain/clearing-plan.ts'
import { engineUrl } from '../domain/engine-address.ts'
import { causeOf, type Cause } from '../domain/errors.ts'
import type { Mark } from '../domain/mark.ts'
import type { HostName } from '../domain/names.ts'
import type { HostState } from '../domain/restore.ts'
import type { StepOfSwap } from '../domain/swap-snapshot.ts'
import type { ClearingJob } from './clear-host.ts'
import { clearOne, inStopOrder } from './clear-one.ts'
import type { ActivityDeps } from './deps.ts'
import { drained } from './drain.ts'
import { causeOfHostError, isFatal, withFailures } from './failure.ts'
import { HostError } from './hosts.ts'
import { withHeartbeats } from './heartbeats.ts'
import { lastWordsIn, withSwapLog, type SwapLog } from './swap-log.ts'

export interface ClearInput {
  readonly step: StepOfSwap
  /** Whose log it writes to: `stop`, or `restore` when it clears what a failed launch left. */
  readonly phase: 'stop' | 'restore'
  readonly plan: ClearingPlan
  readonly limitS: number
  /** Null where nothing serves that anyone could be using. */
  readonly drain: {
    readonly heads: readonly HostName[]
    readonly limitS: number
    readonly onTimeout: 'go_on' | 'fail'
    /** Where a head's model serves on another port than its host's. */
    readonly ports?: Readonly<Record<HostName, number>>
  } | null
}

/** What every host came to. Without a cause all target hosts are proven clear, with room for the model. */
export interface ClearReport {
  readonly states: Readonly<Record<HostName, HostState>>
  readonly details: Readonly<Record<HostName, string>>
  readonly cause: Cause | null
}

/** Detail of a cancelled clearing that did nothing yet. Without it nobody knows, because an earlier attempt may have. */
export const nothingTouched = 'nothing_touched'

interface StopSoFar {
  readonly touched: boolean
  readonly hosts: Readonly<Record<HostName, ClearingSoFar>>
}

/** How long a target host may be out of reach before the stop gives up: longer than a link that flaps, shorter than anyone's patience. */
const targetPatienceMs = 20_000

export const createStopActivities = (deps: ActivityDeps) => ({
  /**
   * Raises the fence on every reachable host, lets requests drain, then stops the displaced and proves it. Trouble is in the report, not thrown,
   * because what was touched decides what comes next. A cancel is obeyed until the first container is stopped; from then on it ends with a proof.
   */
  clearHosts: (input: ClearInput): Promise<ClearReport> =>
    withFailures(() => withSwapLog(deps.places.logsDir, input.step.swapId, input.phase, (log) => new Clearing(deps, input, log).run())),
})

class Clearing {
  readonly #deps: ActivityDeps
  readonly #input: ClearInput
  readonly #log: SwapLog
  readonly #mark: Mark
  readonly #states: Record<HostName, HostState> = {}
  readonly #details: Record<HostName, string> = {}
  #soFar: StopSoFar
  /** Why a target could not be cleared, where the others were. */
  #passedOver: Cause | null = null

  constructor(deps: ActivityDeps, input: ClearInput, log: SwapLog) {
    const { attempt } = activityInfo()
    const before = activityInfo().heartbeatDetails as { soFar?: StopSoFar } | undefined // written by `#beat` alone
    this.#deps = deps
    this.#input = input
    this.#log = log
    this.#mark = { clusterId: input.step.clusterId, fence: input.step.fence, step: input.step.step, attempt }
    this.#soFar = before?.soFar ?? { touched: false, hosts: {} }
    for (const { host } of input.plan.hosts) this.#states[host] = 'untouched'
  }

  run(): Promise<ClearReport> {
    return withHeartbeats(
      () => this.#beat(),
      async () => {
        const refused = await this.#raiseFences()
        if (refused !== null) return this.#report(refused)
        if (!this.#soFar.touched) {
          const undrained = await this.#drain()
          if (undrained !== null) return this.#report(undrained)
          if (cancellationSignal().aborted) throw new CancelledFailure('cancelled before anything was stopped', [nothingTouched])
        }
        this.#soFar = { ...this.#soFar, touched: true }
        this.#beat()
        return this.#report(await this.#clearAll())
      },
    )
  }

  /** Heads first: once they are fenced, no start of theirs can reach a worker any more, and what such a start held there has nothing left to guard. */
  async #raiseFences(): Promise<Cause | null> {
    const { hosts: all } = this.#input.plan
    const heads = await Promise.all(all.filter(({ head }) => head).map((target) => this.#raiseFence(target)))
    const refused = heads.find((cause) => cause !== null)
    if (refused != null) return refused
    const workers = await Promise.all(all.filter(({ head }) => !head).map((target) => this.#raiseFence(target)))
    return workers.find((cause) => cause !== null) ?? null
  }

  /** A host that is no target may be off: it is passed over, and whoever asked says so (E5). */
  async #raiseFence({ host, target, head }: HostToClear): Promise<Cause | null> {
    const { hosts } = this.#deps
    try {
      await patiently(target ? targetPatienceMs : 0, async () => {
        if (!head) await hosts.endHolds(host, this.#mark.fence)
        await hosts.raiseFence(host, this.#mark)
      })
      return null
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (isFatal(error) || (target && this.#input.phase === 'stop')) return causeOfHostError(error)
      // After a launch the others are cleared all the same: what runs there has lost its part here.
      if (target) this.#passedOver ??= causeOfHostError(error)
      this.#states[host] = target ? 'unproven' : 'unreachable'
      this.#details[host] = error.message
      return null
    }
  }

  async #drain(): Promise<Cause | null> {
    const { drain } = this.#input
    if (drain === null || drain.limitS === 0) return null
    const reachable = drain.heads.filter((host) => this.#states[host] === 'untouched')
    const done = await Promise.all(
      reachable.map((host) =>
        drained(engineUrl(this.#deps.hosts.host(host), { port: drain.ports?.[host] ?? null }), drain.limitS, cancellationSignal(), (open) => {
          this.#details[host] = `${open} requests are still running`
        }),
      ),
    )
    const busy = reachable.filter((_, i) => done[i] !== true)
    if (busy.length === 0 || cancellationSignal().aborted) return null
    const detail = busy.map((host) => `${host}: ${this.#details[host] ?? ''}`).join('; ')
    this.#log.write(`not drained after ${drain.limitS} s: ${detail}`)
    return drain.onTimeout === 'fail' ? causeOf('drain_timeout', detail) : null
  }

  async #clearAll(): Promise<Cause | null> {
    const all = this.#input.plan.hosts.filter(({ host }) => this.#states[host] === 'untouched')
    const causes = await inStopOrder(all, (host) => this.#clear(host))
    return causes.find((cause) => cause !== null) ?? this.#passedOver
  }

  async #clear(target: HostToClear): Promise<Cause | null> {
    const { host } = target
    const { swapId } = this.#input.step
    const job: ClearingJob = {
      hosts: this.#deps.hosts,
      plan: this.#input.plan,
      mark: this.#mark,
      limitS: this.#input.limitS,
      lastWords: lastWordsIn(this.#deps.places.logsDir, swapId),
      dropCaches: this.#deps.config.read().settings.drop_caches,
      say: (text) => this.#log.write(text),
      remember: (name, soFar) => {
        this.#soFar = { ...this.#soFar, hosts: { ...this.#soFar.hosts, [name]: soFar } }
        this.#beat()
      },
    }
    try {
      const { state, detail, cause } = await clearOne(job, target, this.#soFar.hosts[host] ?? nothingYet, this.#input.step)
      this.#states[host] = state === 'unproven' && !target.target ? 'unreachable' : state
      this.#details[host] = detail
      return target.target ? cause : null
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#states[host] = 'unproven'
      this.#details[host] = error.message
      return causeOfHostError(error)
    }
  }

  #report(cause: Cause | null): ClearReport {
    if (cause !== null) this.#log.write(cause.message)
    return { states: this.#states, details: this.#details, cause }
  }

  #beat(): void {
    const stage = Object.entries(this.#details).map(([host, detail]) => `${host}: ${detail}`)
    heartbeat({ percent: null, stage: stage.join('; ') || 'stopping', lastLines: [], log_offset: this.#log.offset, soFar: this.#soFar })
  }
}

/** Tries again while the trouble is one that passes. */
async function patiently(patienceMs: number, act: () => Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof HostError) || isFatal(error) || performance.now() >= giveUpAt || cancellationSignal().aborted) throw error
      await pause(1_000)
    }
  }
}
