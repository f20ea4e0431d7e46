import { setTimeout as pause } from 'node:timers/promises'
import { fatalSign } from '../domain/engine-failure.ts'
import { afterLine, notStarted, type EngineProgress } from '../domain/engine-log/progress.ts'
import { inOrder, isNewer, readLogLine } from '../domain/engine-log.ts'
import { followLogs, lastLogs } from '../domain/launchers/container.ts'
import type { HostName } from '../domain/names.ts'
import { HostError, type Hosts } from './hosts.ts'
import type { SwapLog } from './swap-log.ts'

/** Keep enough: vLLM's wrapper comes some hundred lines after the cause. */
const keptLines = 400
const reattachAfterMs = 500

/** Reads a container's log while it grows, over cuts of the connection, into the swap's log and into what progress and causes are read from. */
export class EngineLogReader {
  readonly lines: string[] = []
  progress: EngineProgress = notStarted
  /** When the last line came, in this process's monotone clock. */
  lastNewsAt = performance.now()
  /** docker's timestamp of the last line: where a later attempt goes on. */
  last: string | null
  #following = false
  /** True until a connection has shown the first line that none before it had. */
  #catchingUp = true
  #repeated = false
  readonly #log: SwapLog
  readonly #onFatal: () => void

  constructor(log: SwapLog, last: string | null, onFatal: () => void) {
    this.#log = log
    this.last = last
    this.#onFatal = onFatal
  }

  /** Whether lines come by themselves just now; after a cut they do so again with the first line of the new connection. */
  get isFollowing(): boolean {
    return this.#following
  }

  /** Follows until `signal` fires. A container that is gone ends the stream; whoever watches the container says what that means. */
  async follow(hosts: Hosts, host: HostName, container: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#catchingUp = true
        await hosts.follow(
          host,
          followLogs(container, this.last),
          (line) => {
            this.#following = true
            this.take(line)
          },
          { signal },
        )
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        this.#log.write(`the log is not followed just now: ${error.message}`)
      }
      this.#following = false
      await pause(reattachAfterMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** What the log holds now, in one look. */
  async readOnce(hosts: Hosts, host: HostName, container: string): Promise<void> {
    const exit = await hosts.look(host, lastLogs(container, keptLines))
    this.#catchingUp = true
    for (const line of inOrder(`${exit.stdout}\n${exit.stderr}`)) this.take(line)
  }

  take(line: string): void {
    for (const { at, text } of readLogLine(line)) {
      if (text === '' || this.#isRepeat(at, text)) continue
      if (at !== null) this.last = at
      this.lastNewsAt = performance.now()
      this.progress = afterLine(this.progress, text)
      this.lines.push(text)
      if (this.lines.length > keptLines) this.lines.shift()
      this.#log.write(text)
      if (fatalSign(text) !== null) this.#onFatal()
    }
  }

  /**
   * A new connection shows again what the one before had shown. Once it is past that, all is new, also lines of an earlier time: a host's clock may be set
   * back while an engine starts. A drawing of a progress bar has no time of its own, and goes with the line before it.
   */
  #isRepeat(at: string | null, text: string): boolean {
    if (!this.#catchingUp) return false
    if (at !== null) this.#repeated = !isNewer(at, this.last) && (at !== this.last || this.lines.slice(-20).includes(text))
    if (at !== null && isNewer(at, this.last)) this.#catchingUp = false
    return this.#repeated
  }
}
