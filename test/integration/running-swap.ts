import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client'
import type { Swap } from '../../domain/swap.ts'
import { keepHistory } from './keep-history.ts'

/** A swap that was asked for. The waits below have no limit of their own: the test's bounds them. */
export class RunningSwap {
  readonly handle: WorkflowHandle
  readonly #client: Client
  readonly #logFile: string

  constructor(client: Client, workflowId: string, logFile: string) {
    this.handle = client.workflow.getHandle(workflowId)
    this.#client = client
    this.#logFile = logFile
  }

  /** Resolves when Temporal knows it: the gate answers a moment before (ARBITER.md G3). */
  async appears(): Promise<void> {
    for (;;) {
      try {
        await this.handle.describe()
        return
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error
        await pause(20)
      }
    }
  }

  /** Its record once it has ended. */
  result(): Promise<Swap> {
    return this.handle.result() as Promise<Swap> // the result type of the `swap` workflow
  }

  record(): Promise<Swap> {
    return this.handle.query<Swap>('progress')
  }

  /** Waits until its record is as `wanted` says. Throws when it ends without ever being so. */
  async until(wanted: (swap: Swap) => boolean): Promise<Swap> {
    for (;;) {
      const swap = await this.record().catch(() => null)
      if (swap !== null && wanted(swap)) return swap
      if (swap?.state === 'done') throw new Error(`the swap ended before that: ${JSON.stringify(swap)}`)
      await pause(25)
    }
  }

  inPhase(name: Swap['phase']): Promise<Swap> {
    return this.until((swap) => swap.phase === name)
  }

  /** Keeps its history for the replay in the unit lane, where that is asked for. */
  keepHistory(branch: string): Promise<void> {
    return keepHistory(this.#client, `swap-${branch}`, this.handle.workflowId)
  }

  log(): string {
    return readFileSync(this.#logFile, 'utf8')
  }
}
