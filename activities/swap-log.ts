import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { SwapId } from '../domain/names.ts'

const longestLine = 2_000

/**
 * The log of one swap: `<logsDir>/<swap id>.log`, a line being `time phase text`. Only appended to, so that a byte offset is a place to go on from.
 * Whoever opens it closes it.
 */
export class SwapLog {
  readonly #file: number
  readonly #phase: string
  #offset: number

  static open(logsDir: string, swapId: SwapId, phase: string): SwapLog {
    mkdirSync(logsDir, { recursive: true })
    return new SwapLog(openSync(logFile(logsDir, swapId), 'a'), phase)
  }

  private constructor(file: number, phase: string) {
    this.#file = file
    this.#phase = phase
    this.#offset = fstatSync(file).size
  }

  /** Bytes of the file so far, as far as this writer knows. */
  get offset(): number {
    return this.#offset
  }

  write(text: string): void {
    // colours and bells of an engine's output have no place in a log that pages show
    const clean = text
      .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
      .slice(0, longestLine)
    this.#offset += writeSync(this.#file, `${new Date().toISOString()} ${this.#phase} ${clean}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

const logFile = (logsDir: string, swapId: SwapId): string => join(logsDir, `${swapId}.log`)
/** The last words of what a swap stopped: a `--rm` container takes its log with it. */
export const lastWordsFile = (logsDir: string, swapId: SwapId, host: string, container: string): string =>
  join(logsDir, `${swapId}.${host}.${container}.last.log`)

/** Opens a swap's log for the time of `body`. */
export async function withSwapLog<T>(logsDir: string, swapId: SwapId, phase: string, body: (log: SwapLog) => Promise<T>): Promise<T> {
  const log = SwapLog.open(logsDir, swapId, phase)
  try {
    return await body(log)
  } finally {
    log.close()
  }
}
