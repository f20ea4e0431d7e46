import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { plainText, withoutSecrets } from '../domain/engine-log/plain-text.ts'
import type { SwapId } from '../domain/names.ts'
import { lastWordsName, swapLogName } from '../domain/swap-log.ts'
import type { LastWordsPlace } from './last-words.ts'

const longestLine = 2_000

/**
 * The log of one swap, a line being `time phase text`. Only appended to, so that a byte offset is a place to go on from. A disk that takes nothing stops
 * no swap: what cannot be written is lost, and said in the next line that can. Whoever opens it closes it.
 */
export class SwapLog {
  readonly #file: number | null
  readonly #phase: string
  #offset = 0
  #lost = 0

  static open(logsDir: string, swapId: SwapId, phase: string): SwapLog {
    try {
      mkdirSync(logsDir, { recursive: true })
      return new SwapLog(openSync(join(logsDir, swapLogName(swapId)), 'a'), phase)
    } catch (error) {
      if (!isOfTheDisk(error)) throw error
      return new SwapLog(null, phase)
    }
  }

  private constructor(file: number | null, phase: string) {
    this.#file = file
    this.#phase = phase
    if (file !== null) this.#offset = fstatSync(file).size
  }

  /** Bytes of the file so far, as far as this writer knows. */
  get offset(): number {
    return this.#offset
  }

  write(text: string): void {
    if (this.#file === null) return
    const lost = this.#lost === 0 ? '' : this.#line(`${this.#lost} lines could not be written here`)
    const bytes = Buffer.from(lost + this.#line(withoutSecrets(plainText(text)).slice(0, longestLine).toWellFormed()))
    try {
      // A disk that is nearly full takes a part of a line: the next one must not begin in its middle.
      const written = writeSync(this.#file, bytes)
      this.#offset += written
      this.#lost = written === bytes.length ? 0 : this.#lost + 1
      if (written > 0 && written < bytes.length) this.#offset += writeSync(this.#file, '\n')
    } catch (error) {
      if (!isOfTheDisk(error)) throw error
      this.#lost += 1
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
  }

  #line(text: string): string {
    return `${new Date().toISOString()} ${this.#phase} ${text}\n`
  }
}

const isOfTheDisk = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM'].includes(error.code)

/** Where the last words of what a swap stopped are kept. */
export const lastWordsIn =
  (logsDir: string, swapId: SwapId): LastWordsPlace =>
  (host, container, containerId) =>
    join(logsDir, lastWordsName(swapId, { host, container, containerId: containerId.slice(0, 12) }))

/** Opens a swap's log for the time of `body`. */
export async function withSwapLog<T>(logsDir: string, swapId: SwapId, phase: string, body: (log: SwapLog) => Promise<T>): Promise<T> {
  const log = SwapLog.open(logsDir, swapId, phase)
  try {
    return await body(log)
  } finally {
    log.close()
  }
}
