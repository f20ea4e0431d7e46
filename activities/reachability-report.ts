import { afterLook, notLookedYet } from '../domain/reachability.ts'
import type { HostLook } from '../domain/status.ts'
import type { DepsWithArbiter } from './deps.ts'

/** Tells the arbiter whether one host answers, whenever that changes. The arbiter knows what it was told before, also by an earlier monitor. */
export class ReachabilityReport {
  readonly #deps: Pick<DepsWithArbiter, 'arbiter' | 'log'>
  #held = notLookedYet
  #told: boolean | null = null
  #telling = false

  constructor(deps: Pick<DepsWithArbiter, 'arbiter' | 'log'>) {
    this.#deps = deps
  }

  /** Returns at once; what could not be told is told again after the next look. */
  take({ host, reachable: answered, cause }: HostLook): void {
    this.#held = afterLook(this.#held, answered)
    const { reachable } = this.#held
    if (reachable === null || reachable === this.#told || this.#telling) return
    this.#telling = true
    this.#deps.arbiter
      .ask({ type: 'report_reachability', host, reachable, cause: reachable ? null : (cause?.message ?? null) })
      .then(() => (this.#told = reachable))
      .catch((error: unknown) => this.#deps.log.warn({ err: error, host }, 'the arbiter could not be told whether the host answers'))
      .finally(() => (this.#telling = false))
  }
}
