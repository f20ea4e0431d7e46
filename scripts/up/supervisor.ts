import { join } from 'node:path'
import { PartLog } from './part-log.ts'
import { Part, type PartSpec } from './part.ts'
import { Watchdog } from './watchdog.ts'

/**
 * Runs parts stage by stage, and ends them in the opposite order. Owns their processes: none outlives it, however it ends.
 * A stage's parts start together; the next stage waits until all of them serve.
 */
export class Supervisor {
  readonly #stages: readonly (readonly Part[])[]
  readonly #watchdog = new Watchdog()
  readonly #stop = new AbortController()

  constructor(stages: readonly (readonly PartSpec[])[], logFolder: string, say: (line: string) => void) {
    this.#stages = stages.map((specs) => specs.map((spec) => new Part(spec, new PartLog(join(logFolder, `${spec.name}.log`)), this.#watchdog, say)))
  }

  /** Resolves when everything serves. Rejects with an AbortError when it is stopped before that. A part that dies on the way is started again. */
  async start(): Promise<void> {
    for (const parts of this.#stages) {
      this.#stop.signal.throwIfAborted()
      for (const part of parts) part.start()
      await Promise.all(parts.map((part) => part.untilReady(this.#stop.signal)))
    }
  }

  /** Ends all in order, last started first; each within its own limit. Resolves when no process is left. */
  async stop(): Promise<void> {
    this.#stop.abort()
    for (const part of this.#backwards()) await part.stop()
    this.#watchdog.close()
  }

  /** Ends all at once, without any grace. */
  kill(): void {
    this.#stop.abort()
    for (const part of this.#backwards()) part.kill()
  }

  #backwards(): Part[] {
    return this.#stages.flat().reverse()
  }
}
