import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Backoff } from './backoff.ts'
import { isImportant, readLine } from './log-line.ts'
import type { PartLog } from './part-log.ts'
import type { Watchdog } from './watchdog.ts'

const lastWordsMs = 500

/** What a part is and how it is run. */
export interface PartSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** How long it may take to end after SIGTERM before it is killed. */
  readonly stopLimitMs: number
  /** A part that talks to people in its own files only, as a database does. */
  readonly quiet?: boolean
  /** Resolves when the part serves. Rejects when `signal` aborts. Asked once, at the first start. */
  readonly ready?: (part: Part, signal: AbortSignal) => Promise<void>
}

/**
 * One process that is kept running: started again, after a growing wait, whenever it ends by itself.
 * It stands in a process group of its own, so that the terminal's Ctrl-C reaches the supervisor alone, and its stdin is a pipe that we
 * hold open: when that ends, the part knows that nobody supervises it any more.
 */
export class Part {
  readonly spec: PartSpec
  readonly #log: PartLog
  readonly #watchdog: Watchdog
  readonly #say: (line: string) => void
  readonly #backoff = new Backoff()
  readonly #lineListeners = new Set<(line: string) => void>()
  #process: ChildProcess | null = null
  #gone: Promise<void> = Promise.resolve()
  #startedAt = 0
  #nextStart: NodeJS.Timeout | null = null
  #stopping = false
  #lastWords = ''

  constructor(spec: PartSpec, log: PartLog, watchdog: Watchdog, say: (line: string) => void) {
    this.spec = spec
    this.#log = log
    this.#watchdog = watchdog
    this.#say = say
  }

  start(): void {
    this.#startedAt = performance.now()
    this.#lastWords = ''
    const child = spawn(this.spec.command, this.spec.args, {
      cwd: this.spec.cwd,
      env: this.spec.env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#process = child
    child.stdin.on('error', () => undefined) // EPIPE, when it closed its end
    if (child.pid !== undefined) this.#watchdog.guard(child.pid)
    this.#read(child.stdout)
    this.#read(child.stderr)
    this.#gone = this.#watchEnd(child)
  }

  /** Resolves when the part serves, after how many starts ever. Rejects when `signal` aborts. */
  async untilReady(signal: AbortSignal): Promise<void> {
    await this.spec.ready?.(this, signal)
  }

  /** Calls back with every line that the part writes; returns how to stop that. */
  onLine(listener: (line: string) => void): () => void {
    this.#lineListeners.add(listener)
    return () => this.#lineListeners.delete(listener)
  }

  /** SIGTERM and the end of its stdin; SIGKILL to its whole group when it takes longer than it may. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true
    if (this.#nextStart) clearTimeout(this.#nextStart)
    const child = this.#process
    if (child === null) return
    const patience = setTimeout(() => this.kill(), this.spec.stopLimitMs)
    child.stdin?.end()
    child.kill('SIGTERM')
    await this.#gone
    clearTimeout(patience)
  }

  /** SIGKILL to the whole group, now. */
  kill(): void {
    this.#stopping = true
    if (this.#nextStart) clearTimeout(this.#nextStart)
    if (this.#process?.pid !== undefined) killGroup(this.#process.pid)
  }

  /** Resolves when the process is gone and its last words were read (or its output is held open by a stranger, which we do not wait for). */
  #watchEnd(child: ChildProcess): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      this.#ended(child)
      resolve(undefined)
    }
    child.once('error', (error) => (this.#lastWords = error.message))
    child.once('exit', () => {
      if (child.pid !== undefined) killGroup(child.pid) // what it started and left behind would keep its ports
      setTimeout(end, lastWordsMs)
    })
    child.once('close', end)
    return promise
  }

  #ended(child: ChildProcess): void {
    this.#process = null
    if (child.pid !== undefined) this.#watchdog.release(child.pid)
    if (this.#stopping) return
    const waitMs = this.#backoff.next(performance.now() - this.#startedAt)
    const how = child.signalCode ?? (child.pid === undefined ? 'could not start' : `exit ${child.exitCode}`)
    const words = this.#lastWords === '' || child.signalCode !== null ? '' : `: ${this.#lastWords}` // a killed part said nothing of it
    this.#say(`${this.spec.name} ended (${how})${words}. Starting it again in ${waitMs / 1000} s; all it wrote is in ${this.#log.path}`)
    this.#nextStart = setTimeout(() => this.start(), waitMs)
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (raw) => {
      this.#log.write(raw)
      for (const listener of this.#lineListeners) listener(raw)
      const line = readLine(raw)
      if (!isImportant(line)) return
      this.#lastWords = line.text
      if (this.spec.quiet !== true && !this.#stopping) this.#say(`${this.spec.name}${line.level === null ? '' : ` ${line.level}`}: ${line.text}`)
    })
  }
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}
