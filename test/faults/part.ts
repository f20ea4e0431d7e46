import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Watchdog } from '../../scripts/up/watchdog.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

/** A process of the product (`worker.ts`, `api/server.ts`) as the supervisor runs it, which a test may kill, freeze and start again. It does not outlive the test run. */
export class Part {
  readonly #script: string
  readonly #env: NodeJS.ProcessEnv
  readonly #logFile: string
  readonly #watchdog = new Watchdog()
  #process: ChildProcess | null = null

  constructor(script: string, env: NodeJS.ProcessEnv, logFile: string) {
    this.#script = script
    this.#env = env
    this.#logFile = logFile
  }

  /** Starts it; it is ready when whoever it serves says so. */
  start(): void {
    if (this.#process !== null) throw new Error(`${this.#script} runs already`)
    const log = openSync(this.#logFile, 'a')
    const env = { ...this.#env, SPARK_SUPERVISED: '1' }
    this.#process = spawn(process.execPath, [this.#script], { cwd: project, env, detached: true, stdio: ['pipe', log, log] })
    closeSync(log)
    this.#process.stdin?.on('error', () => undefined) // EPIPE: it was killed
    if (this.#process.pid !== undefined) this.#watchdog.guard(this.#process.pid)
  }

  /** SIGKILL, as a crash: nobody is told. Resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Stops it where it stands, mid-command, with its connections open. Until `thaw`. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    await this.#end('SIGKILL')
    this.#watchdog.close()
  }

  /** Its last words, for the case that a test wonders why. */
  lastWords(): string {
    return readFileSync(this.#logFile, 'utf8').slice(-3_000)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const process = this.#process
    this.#process = null
    if (process?.pid === undefined) return
    if (process.exitCode === null && process.signalCode === null) {
      const gone = once(process, 'exit')
      process.kill(signal)
      await gone
    }
    this.#watchdog.release(process.pid)
  }
}
