import { log, patched } from '@temporalio/workflow'
import type { Command, DecideReply } from '../../domain/arbitration/command.ts'
import { decide, resume, take, type Notice } from '../../domain/arbitration/decide.ts'
import { outboxOf } from '../../domain/arbitration/outbox.ts'
import { freshState, type ArbiterState } from '../../domain/arbitration/state.ts'
import type { Change, Effect } from '../../domain/arbitration/step.ts'
import type { ArbiterRequest } from '../messages.ts'
import { findSwaps, recordEnd, surveyHost } from './looks.ts'
import { cancelSwap, sendGo, startSwap, withdrawSwap } from './swaps.ts'

/** Holds the arbiter's state and carries out what was decided, in the very workflow task of the decision. */
export class ArbiterShell {
  #state: ArbiterState
  readonly #fresh: boolean
  /** Starts and signals that the server has not confirmed yet: one that leaves together with continue-as-new would be lost (ARBITER.md A7). */
  #unconfirmed = 0
  #draining = false

  constructor({ clusterId, hosts, carried }: ArbiterRequest) {
    this.#fresh = carried === null
    this.#state = carried ?? freshState(clusterId, hosts, Date.now())
  }

  get state(): ArbiterState {
    return this.#state
  }

  /** Takes up what an earlier run left, or finds out what a fresh arbiter needs to know (E4). */
  begin(): void {
    if (!this.#fresh) this.#apply(resume(this.#state, Date.now()))
    if (!this.#state.recovered) void findSwaps(this.#state.clusterId).then((found) => this.take({ kind: 'recovered', found }), this.#complain)
  }

  decide(commands: readonly Command[]): DecideReply {
    const decision = decide(this.#state, commands, Date.now())
    this.#apply(decision)
    return decision.reply
  }

  take(notice: Notice): void {
    this.#apply(take(this.#state, notice, Date.now()))
  }

  allConfirmed(): boolean {
    return this.#unconfirmed === 0
  }

  /**
   * Whether events are written down and reservations end by themselves. Runs that an earlier version began did neither, until this one took them over:
   * it is asked each time anew.
   */
  tellsEvents(): boolean {
    return patched('outbox')
  }

  hasEvents(): boolean {
    return outboxOf(this.#state).length > 0 && this.tellsEvents()
  }

  drains(under: boolean): void {
    this.#draining = under
  }

  get isDraining(): boolean {
    return this.#draining
  }

  #apply({ state, effects }: Change): void {
    this.#state = state
    for (const effect of effects) this.#carryOut(effect)
  }

  #carryOut(effect: Effect): void {
    const { clusterId } = this.#state
    switch (effect.kind) {
      case 'start_swap': {
        const { swapId } = effect.swap
        return this.#confirm(
          startSwap(this.#state, effect.swap).then((started) => this.take({ kind: started ? 'swap_started' : 'swap_not_started', swapId })),
        )
      }
      case 'send_go':
        return this.#confirm(sendGo(clusterId, effect.swapId, effect.go))
      case 'withdraw_swap':
        return this.#confirm(withdrawSwap(clusterId, effect.swapId, { code: effect.code, message: effect.message }))
      case 'cancel_swap':
        return this.#confirm(cancelSwap(clusterId, effect.swapId))
      case 'survey': {
        const { surveyId } = effect
        return void surveyHost({ clusterId, ...effect }).then((found) => this.take({ kind: 'surveyed', surveyId, found }), this.#complain)
      }
      case 'record_end':
        return void recordEnd(effect.end).then(() => this.take({ kind: 'end_recorded', swapId: effect.end.swapId }), this.#complain)
    }
  }

  /** A signal that finds its swap closed is not lost work: the watch reports that end (E2). */
  #confirm(outgoing: Promise<unknown>): void {
    this.#unconfirmed += 1
    void outgoing.catch(this.#complain).finally(() => {
      this.#unconfirmed -= 1
    })
  }

  readonly #complain = (error: unknown): void => log.warn('the arbiter could not do a part of what it decided', { error: String(error) })
}
