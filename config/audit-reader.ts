import { open, readdir, stat } from 'node:fs/promises'
import type { AuditEvent } from '../domain/events.ts'
import type { Millis } from '../domain/names.ts'
import { ifThere } from './if-there.ts'
import { auditFilesAmong, type AuditFile } from './audit-files.ts'
import { eventOf, lastLine, markOf, wholeLines } from './audit-line.ts'

const chunkBytes = 256 * 1024
/** More than any line has: an end of a file that is read first, before all of it. */
const tailBytes = 256 * 1024

/** Where a reader is: after byte `offset` of the file that begins with `file`, having seen all up to `seq`. */
export interface AuditPlace {
  readonly file: number
  readonly offset: number
  readonly seq: number
}

/** Which events are wanted. Only lines that hold one of the `words` are looked at (null: all): most of a long trail is passed over that way. */
export interface Filter {
  readonly words: readonly string[] | null
  readonly event: (event: AuditEvent) => boolean
}

export const everything: Filter = { words: null, event: () => true }

/**
 * Reads the audit trail while others write it. A trail that is not there (yet) is empty; files that are dropped meanwhile are passed over, and so is what is
 * no line of ours. A line whose `seq` is not above the one before was written twice: it is read once.
 */
export class AuditReader {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** The newest `limit` that are wanted, oldest first. */
  async newest(limit: number, filter: Filter): Promise<AuditEvent[]> {
    const found: AuditEvent[] = []
    for (const { path } of (await this.#files()).toReversed()) {
      const missing = limit - found.length
      const tail = await lastIn(path, { bytes: tailBytes, limit: missing, filter })
      const last = tail.length < missing ? await lastIn(path, { bytes: Number.POSITIVE_INFINITY, limit: missing, filter }) : tail
      found.unshift(...last)
      if (found.length >= limit) break
    }
    return found
  }

  /** A place with all that comes after a `seq`, or since a time (and with some that does not: ask `after` for what is wanted). */
  async placeAt(from: { readonly seq: number } | { readonly time: Millis }): Promise<AuditPlace> {
    const files = await this.#files()
    const seq = 'seq' in from ? from.seq : -1
    for (const { path, firstSeq } of files.toReversed()) {
      const begins = 'seq' in from ? firstSeq <= seq : (await firstTimeIn(path)) <= from.time
      if (begins) return { file: firstSeq, offset: 0, seq }
    }
    return { file: 0, offset: 0, seq }
  }

  /** The end of the trail as it is now. */
  async end(): Promise<AuditPlace> {
    const newest = (await this.#files()).at(-1)
    const [last] = await this.newest(1, everything)
    return { file: newest?.firstSeq ?? 0, offset: 0, seq: last?.seq ?? -1 }
  }

  /** Another word whenever there is more to read. */
  async stamp(): Promise<string> {
    const newest = (await this.#files()).at(-1)
    const size = newest === undefined ? null : ((await ifThere(stat(newest.path)))?.size ?? null)
    return `${String(newest?.firstSeq)} ${String(size)}`
  }

  /** What is wanted after a place, up to `limit`, and the place to go on from. `more`: the limit was reached before the end. */
  async after(place: AuditPlace, limit: number, filter: Filter): Promise<{ events: AuditEvent[]; place: AuditPlace; more: boolean }> {
    const events: AuditEvent[] = []
    const files = await this.#files() // listed before it is read: a file that has a newer one by then gets no more lines
    let at = nearest(place, files)
    for (;;) {
      const file = files.find(({ firstSeq }) => firstSeq === at.file)
      if (file === undefined) return { events, place: at, more: false }
      const { bytes, whole } = await chunkOf(file.path, at.offset)
      const { lines, length } = hasSome(bytes, filter) ? wholeLines(bytes) : lastLine(bytes)
      let { seq } = at
      for (const { text, end } of lines) {
        const mark = markOf(text)
        if (mark === null || mark.seq <= seq) continue
        seq = mark.seq
        const event = wanted(text, filter)
        if (event === null) continue
        events.push(event)
        if (events.length >= limit) return { events, place: { file: at.file, offset: at.offset + end, seq }, more: true }
      }
      // What is longer than a chunk is no line of ours: it must not hold up the rest.
      at = { file: at.file, offset: at.offset + (length === 0 && !whole ? bytes.length : length), seq }
      if (!whole) continue
      const next = files.find(({ firstSeq }) => firstSeq > at.file)
      if (next === undefined) return { events, place: at, more: false }
      at = { file: next.firstSeq, offset: 0, seq }
    }
  }

  async #files(): Promise<AuditFile[]> {
    return auditFilesAmong(this.#dir, (await ifThere(readdir(this.#dir))) ?? [])
  }
}

/** The same place, or the first one behind it that is still there. */
function nearest(place: AuditPlace, files: readonly AuditFile[]): AuditPlace {
  const file = files.find(({ firstSeq }) => firstSeq >= place.file)
  return file === undefined || file.firstSeq === place.file ? place : { file: file.firstSeq, offset: 0, seq: place.seq }
}

const hasSome = (text: string | Buffer, { words }: Filter): boolean => words === null || words.some((word) => text.includes(word))

function wanted(text: string, filter: Filter): AuditEvent | null {
  const event = hasSome(text, filter) ? eventOf(text) : null
  return event !== null && filter.event(event) ? event : null
}

async function lastIn(path: string, { bytes, limit, filter }: { bytes: number; limit: number; filter: Filter }): Promise<AuditEvent[]> {
  const found: AuditEvent[] = []
  const last = await read(path, (size) => Math.max(0, size - bytes))
  if (!hasSome(last, filter)) return found
  const { lines } = wholeLines(last)
  let seq = -1
  const once = lines.filter(({ text }) => {
    const mark = markOf(text) // the first one may be half a line
    if (mark === null || mark.seq <= seq) return false
    seq = mark.seq
    return true
  })
  for (let i = once.length - 1; i >= 0 && found.length < limit; i--) {
    const event = wanted(once[i]?.text ?? '', filter)
    if (event !== null) found.unshift(event)
  }
  return found
}

async function firstTimeIn(path: string): Promise<Millis> {
  const { lines } = wholeLines(await read(path, () => 0, chunkBytes))
  const first = lines[0] === undefined ? null : eventOf(lines[0].text)
  return first === null ? Number.POSITIVE_INFINITY : Date.parse(first.timestamp)
}

/** `whole`: the file has no more. */
async function chunkOf(path: string, offset: number): Promise<{ bytes: Buffer; whole: boolean }> {
  const bytes = await read(path, () => offset, chunkBytes)
  return { bytes, whole: bytes.length < chunkBytes }
}

/** Bytes of a file from a place that its size tells; none of a file that is gone. */
async function read(path: string, from: (size: number) => number, most: number = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const file = await ifThere(open(path, 'r'))
  if (file === null) return Buffer.alloc(0)
  try {
    const { size } = await file.stat()
    const start = Math.min(size, from(size))
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(most, size - start)), 0, undefined, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
