import { spawn, type ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Watchdog } from '../scripts/up/watchdog.ts'
import type { Instance } from './instance.ts'
import { descendantsOf, stillRunning, type RunningProcess } from './processes.ts'

const project = resolve(import.meta.dirname, '..')
const readyLimit_ms = 90_000
const endLimit_ms = 15_000
const lookEvery_ms = 20

/** `npm start` as a user types it, on an instance of its own. Whoever starts it ends it; if its owner dies first, it is ended too. */
export class NpmStart {
  readonly #process: ChildProcess
  readonly #watchdog = new Watchdog()
  #words = ''

  private constructor(instance: Instance) {
    this.#process = spawn('npm', ['start'], { cwd: project, env: instance.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    if (this.#process.pid !== undefined) this.#watchdog.guard(this.#process.pid)
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream?.on('data', (chunk: Buffer) => (this.#words += chunk.toString()))
  }

  /** Starts it and waits for `/readyz`: how long that took, in seconds. Throws, with what it said, when it ends or takes too long. */
  static async untilReady(instance: Instance): Promise<{ started: NpmStart; ready_s: number }> {
    const began = performance.now()
    const started = new NpmStart(instance)
    while (!(await isReady(instance.url))) {
      const tooLate = performance.now() - began > readyLimit_ms
      if (tooLate || started.#isOver()) {
        await started.end()
        throw new Error(`npm start did not get ready${tooLate ? ` in ${readyLimit_ms / 1000} s` : ''}: ${started.#words.trim().slice(-1_000)}`)
      }
      await delay(lookEvery_ms)
    }
    return { started, ready_s: (performance.now() - began) / 1000 }
  }

  /** Ctrl-C, as the terminal sends it to all of its group; resolves when no process of it is left: how long that took, in seconds. */
  async end(): Promise<number> {
    const began = performance.now()
    const { pid } = this.#process
    if (pid !== undefined && !this.#isOver()) {
      const all = await descendantsOf(pid)
      process.kill(-pid, 'SIGINT')
      await untilGone(all, began + endLimit_ms)
      this.#watchdog.release(pid)
    }
    this.#watchdog.close()
    return (performance.now() - began) / 1000
  }

  /** Of npm: all parts descend from it. */
  get pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error('npm could not be started')
    return pid
  }

  #isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }
}

/** npm itself goes at once, and the parts stand in groups of their own: only the process table tells. */
async function untilGone(all: readonly RunningProcess[], giveUpAt: number): Promise<void> {
  for (;;) {
    const left = await stillRunning(all)
    if (left.length === 0) return
    if (performance.now() > giveUpAt) throw new Error(`still there after Ctrl-C: ${left.map(({ words }) => words.join(' ')).join('; ')}`)
    await delay(lookEvery_ms)
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })
    await answer.body?.cancel()
    return answer.status === 200
  } catch {
    return false
  }
}
