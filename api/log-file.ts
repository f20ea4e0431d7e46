import { open, type FileHandle } from 'node:fs/promises'

/** What one read gives at most: a reader that is far behind comes again. */
const chunkBytes = 64 * 1024
/** How far back the newest lines are looked for. */
const backBytes = 16 * chunkBytes

/** Whole lines of a file: from the byte `offset` to the byte before `next`, in a file of `bytes`. */
export interface LinesRead {
  readonly lines: string[]
  readonly offset: number
  readonly next: number
  readonly bytes: number
}

/** Up to `count` whole lines from `offset` on, up to 64 kB. A last line that is still being written waits for the next read. A file that is not there is empty. */
export async function linesAfter(path: string, offset: number, count: number = Number.MAX_SAFE_INTEGER): Promise<LinesRead> {
  return await reading(path, offset, async (file, size) => {
    const from = Math.min(offset, size)
    const bytes = await read(file, from, Math.min(size, from + chunkBytes))
    const end = bytes.lastIndexOf(10) + 1
    // One line longer than a chunk is passed on in pieces: it must not hold up the rest.
    const whole = end === 0 && bytes.length === chunkBytes ? bytes.length : end
    const taken = bytes.subarray(0, Math.min(whole, afterLines(bytes, count)))
    return { lines: linesOf(taken), offset: from, next: from + taken.length, bytes: size }
  })
}

/** The last `count` whole lines that end at or before the byte `before` (or the end of the file), within `backBytes`. */
export async function linesBefore(path: string, before: number | null, count: number, withinBytes: number = backBytes): Promise<LinesRead> {
  return await reading(path, before ?? 0, async (file, size) => {
    const to = Math.min(before ?? size, size)
    const from = Math.max(0, to - withinBytes)
    const bytes = await read(file, from, to)
    const first = from === 0 ? 0 : bytes.indexOf(10) + 1 // the first line may be half of one
    const end = bytes.lastIndexOf(10) + 1
    const whole = bytes.subarray(first, Math.max(first, end))
    const taken = whole.subarray(beforeLines(whole, count))
    return { lines: linesOf(taken), offset: from + Math.max(first, end) - taken.length, next: from + Math.max(first, end), bytes: size }
  })
}

async function reading(path: string, at: number, work: (file: FileHandle, size: number) => Promise<LinesRead>): Promise<LinesRead> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { lines: [], offset: at, next: at, bytes: 0 }
    throw error
  }
  try {
    return await work(file, (await file.stat()).size)
  } finally {
    await file.close()
  }
}

/** The byte behind the `count`th line; the length where there are fewer. */
function afterLines(bytes: Buffer, count: number): number {
  let at = 0
  for (let seen = 0; seen < count; seen++) {
    const newline = bytes.indexOf(10, at)
    if (newline < 0) return bytes.length
    at = newline + 1
  }
  return at
}

/** The byte where the last `count` lines begin. */
function beforeLines(bytes: Buffer, count: number): number {
  let at = bytes.length
  for (let seen = 0; seen < count; seen++) {
    if (at === 0) return 0
    at = at < 2 ? 0 : bytes.lastIndexOf(10, at - 2) + 1
  }
  return at
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
