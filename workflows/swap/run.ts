import { setCurrentDetails, setHandler, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import type { Go } from '../../domain/arbitration/command.ts'
import type { Cause } from '../../domain/errors.ts'
import type { Model } from '../../domain/model.ts'
import type { HostState } from '../../domain/restore.ts'
import { changed, queuedSwap, type SwapChange } from '../../domain/swap-record.ts'
import type { StepOfSwap, SwapSnapshot } from '../../domain/swap-snapshot.ts'
import type { LeftWith, Outcome, PhaseName, Swap } from '../../domain/swap.ts'
import { progress, type SwapRequest } from '../messages.ts'
import { ArbiterLine } from './arbiter-line.ts'
import { describeSwap } from './details.ts'
import { searchAttributes } from './search-attributes.ts'
import { troubleOf } from './trouble.ts'

/** What the arbiter granted and the catalog said when it did. */
export interface Granted extends Go {
  readonly snapshot: SwapSnapshot
}

/** One swap while it runs: its record, which everyone else reads, and what it did to the hosts so far. */
export class SwapRun {
  readonly request: SwapRequest
  readonly arbiter: ArbiterLine
  #record: Swap
  #granted: Granted | null = null
  #step = 0
  #registered: readonly string[] = []
  /** What the last clearing found; null before the first, and where one ended without a report. */
  states: Readonly<Record<string, HostState>> | null = null
  reached: 'queue' | 'preflight' | 'stop' | 'launched' = 'queue'

  constructor(request: SwapRequest) {
    this.request = request
    this.arbiter = new ArbiterLine(request.clusterId)
    this.#record = queuedSwap(request)
    setHandler(progress, () => this.#record)
  }

  get record(): Swap {
    return this.#record
  }

  /** Null until it was told to go and the catalog was read. */
  get granted(): Granted | null {
    return this.#granted
  }

  toldToGo(go: Go): void {
    this.reached = 'preflight'
    this.#registered = go.registeredAttributes
    this.#apply({ type: 'told_to_go', ...go, previous: go.displaced.map(({ model, hosts }) => ({ model, hosts })) })
  }

  grant(granted: Granted): void {
    this.#granted = granted
    if (granted.snapshot.model !== null) this.remember(granted.snapshot.model)
  }

  /** The model that is being launched: a survey finds it in the memo again, whatever the catalog says by then. */
  remember(model: Model): void {
    upsertMemo({ snapshot: model })
  }

  /** Every changing activity is a step of its own, and a later step wins over an earlier one on the host (ARBITER.md F2). */
  nextStep(fence: number): StepOfSwap {
    this.#step += 1
    return { clusterId: this.request.clusterId, swapId: this.request.swapId, fence, step: this.#step }
  }

  /** Runs a phase and keeps its record; `body` returns what it did in words. */
  async phase(name: PhaseName, body: () => Promise<string | null>): Promise<void> {
    this.#apply({ type: 'phase_begun', phase: name, at: Date.now(), detail: null })
    this.publish()
    if (name !== 'notify') this.arbiter.tellPhase({ swapId: this.request.swapId, phase: name, expectedEndAt: null })
    try {
      const detail = await body()
      this.#apply({ type: 'phase_done', phase: name, at: Date.now(), detail })
    } catch (error) {
      const { cause } = troubleOf(error, name, false)
      this.#apply({ type: 'phase_failed', phase: name, at: Date.now(), detail: cause.line ?? cause.message })
      throw error
    }
  }

  ended(outcome: Outcome, left: Readonly<Record<string, LeftWith>>, cause: Cause | null): void {
    this.#apply({ type: 'ended', outcome, left, cause, at: Date.now() })
  }

  /** Shows the record to those who read without a worker: memo and search attributes, and in words on Temporal's page. */
  publish(): void {
    upsertMemo({ swap: this.#record })
    const attributes = searchAttributes(this.request.clusterId, this.#record, this.#registered)
    if (attributes.length > 0) upsertSearchAttributes(attributes)
    setCurrentDetails(describeSwap(this.#record))
  }

  #apply(change: SwapChange): void {
    this.#record = changed(this.#record, change)
  }
}
