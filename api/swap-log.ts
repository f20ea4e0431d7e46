import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { SwapId } from '../domain/names.ts'

/** What one read gives at most: a reader that is far behind comes again. */
const chunkBytes = 64 * 1024

export interface LogChunk {
  readonly lines: string[]
  /** The byte after the last whole line. */
  readonly offset: number
}

/** The logs of swaps: files that workers append to, read here by byte offset. A file that is not there (yet) is empty. */
export class SwapLogs {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Whole lines from `offset` on, up to 64 kB. A last line that is still being written waits for the next read. */
  async after(id: SwapId, offset: number): Promise<LogChunk> {
    return await this.#reading(id, { lines: [], offset }, async (file) => {
      const { size } = await file.stat()
      if (size <= offset) return { lines: [], offset: Math.min(size, offset) }
      const bytes = await read(file, offset, Math.min(size, offset + chunkBytes))
      const end = bytes.lastIndexOf(10) + 1
      // One line longer than a chunk is passed on in pieces: it must not hold up the rest.
      const whole = end === 0 && bytes.length === chunkBytes ? bytes.length : end
      return { lines: linesOf(bytes.subarray(0, whole)), offset: offset + whole }
    })
  }

  /** The newest `count` lines within the last `withinBytes`. */
  async tail(id: SwapId, count: number, withinBytes: number = 16 * chunkBytes): Promise<LogChunk> {
    return await this.#reading(id, { lines: [], offset: 0 }, async (file) => {
      const { size } = await file.stat()
      const from = Math.max(0, size - withinBytes)
      const bytes = await read(file, from, size)
      const start = from === 0 ? 0 : bytes.indexOf(10) + 1 // the first line may be half of one
      const end = bytes.lastIndexOf(10) + 1
      return { lines: linesOf(bytes.subarray(start, end)).slice(-count), offset: from + end }
    })
  }

  async #reading(id: SwapId, empty: LogChunk, work: (file: FileHandle) => Promise<LogChunk>): Promise<LogChunk> {
    let file: FileHandle
    try {
      file = await open(join(this.#folder, `${id}.log`), 'r')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return empty
      throw error
    }
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }
}

async function read(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from)
  return buffer.subarray(0, bytesRead)
}

const linesOf = (bytes: Buffer): string[] =>
  bytes.length === 0
    ? []
    : bytes
        .toString('utf8')
        .replace(/\r?\n$/, '')
        .split(/\r?\n/)
