import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync, readSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { auditFileName, auditFilesAmong, type AuditFile } from '../../config/audit-files.ts'
import { auditLine, markOf, wholeLines } from '../../config/audit-line.ts'
import type { AuditEvent } from '../../domain/events.ts'

const usualFileBytes = 5 * 1024 * 1024

/** What is known of the newest file, up to `offset`. */
interface Known {
  readonly path: string
  offset: number
  readonly ids: Set<string>
}

/**
 * Appends to the audit trail; each event once, however often it is given. All of it happens without a pause in between, so that two workers that (for a
 * moment) both write do not come between each other's look and line. Reads on from where it was, because another worker may have written since.
 */
export class AuditWriter {
  readonly #dir: string
  readonly #maxBytes: () => number
  #newest: Known | null = null
  /** Ids of the file before the newest: a repeat may reach back across a rotation. */
  #before: ReadonlySet<string> = new Set()
  #lastSeq = 0

  constructor(dir: string, maxBytes: () => number) {
    this.#dir = dir
    this.#maxBytes = maxBytes
  }

  /**
   * Writes those that are not there yet, in order, and makes sure that the disk has them. An event whose `seq` is not above the last line's gets the next
   * one: an arbiter whose server's clock was set back must not lose its events. Throws what the file system says; then the lines before are whole and stay.
   */
  append(events: readonly AuditEvent[]): void {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 })
    this.#readOn()
    const file = new Appending()
    try {
      for (const event of events) {
        if (this.#newest?.ids.has(event.id) === true || this.#before.has(event.id)) continue
        const seq = Math.max(event.seq, this.#lastSeq + 1)
        const line = Buffer.from(auditLine({ ...event, seq }))
        const newest = this.#roomFor(line.length, seq)
        file.write(newest.path, line)
        newest.offset += line.length
        newest.ids.add(event.id)
        this.#lastSeq = seq
      }
      file.sync()
    } finally {
      file.close()
    }
  }

  /** The file that takes the next line: the newest, or a new one when that is full. */
  #roomFor(bytes: number, seq: number): Known {
    const known = this.#newest
    if (known !== null && (known.offset === 0 || known.offset + bytes <= this.#fileBytes())) return known
    const fresh = { path: join(this.#dir, auditFileName(seq)), offset: 0, ids: new Set<string>() }
    if (known !== null) this.#before = known.ids
    this.#newest = fresh
    this.#dropOldest()
    return fresh
  }

  /** A small trail has small files, so that dropping one does not drop nearly all of it. */
  #fileBytes(): number {
    return Math.min(usualFileBytes, this.#maxBytes() / 4)
  }

  /** Room for the file that now begins is made beforehand. */
  #dropOldest(): void {
    const files = this.#files()
    let bytes = files.reduce((sum, { path }) => sum + statSync(path).size, this.#fileBytes())
    for (const { path } of files.slice(0, -1)) {
      if (bytes <= this.#maxBytes()) return
      bytes -= statSync(path).size
      unlinkSync(path)
    }
  }

  #files(): AuditFile[] {
    return auditFilesAmong(this.#dir, readdirSync(this.#dir))
  }

  /** Takes up what is on disk and not known yet. A last line that a crash left half-written is cut off. */
  #readOn(): void {
    const files = this.#files()
    const newest = files.at(-1)
    if (newest === undefined) {
      this.#newest = null
      this.#before = new Set()
      return
    }
    if (newest.path !== this.#newest?.path || this.#newest.offset > statSync(newest.path).size) {
      this.#before = new Set()
      // One that was begun when the disk was full is empty: then the file before it has the last line.
      for (const { path } of files.slice(-3, -1)) this.#before = new Set([...this.#before, ...this.#take({ path, offset: 0, ids: new Set() }).ids])
      this.#newest = { path: newest.path, offset: 0, ids: new Set() }
    }
    this.#take(this.#newest)
  }

  #take(known: Known): Known {
    const file = openSync(known.path, 'r+')
    try {
      const { lines, length } = wholeLines(restOf(file, known.offset))
      if (known.offset + length < fstatSync(file).size) ftruncateSync(file, known.offset + length)
      known.offset += length
      for (const mark of lines.map(({ text }) => markOf(text))) {
        if (mark === null) continue
        known.ids.add(mark.id)
        this.#lastSeq = Math.max(this.#lastSeq, mark.seq)
      }
      return known
    } finally {
      closeSync(file)
    }
  }
}

function restOf(file: number, offset: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - offset))
  for (let done = 0; done < bytes.length;) {
    const read = readSync(file, bytes, done, bytes.length - done, offset + done)
    if (read === 0) throw new Error('the audit trail was cut while it was read')
    done += read
  }
  return bytes
}

/** A file that is open for appending while its path stays the same. */
class Appending {
  #path = ''
  #file: number | null = null

  write(path: string, line: Buffer): void {
    if (path !== this.#path) {
      this.sync()
      this.close()
      this.#file = openSync(path, 'a', 0o600)
      this.#path = path
    }
    const file = this.#file
    if (file === null) throw new Error('the file is not open')
    const { size } = fstatSync(file)
    try {
      for (let done = 0; done < line.length;) done += writeSync(file, line, done)
    } catch (error) {
      cut(file, size) // half a line on a full disk
      throw error
    }
  }

  sync(): void {
    if (this.#file !== null) fsyncSync(this.#file)
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}

/** What cannot be cut now is cut before the next line is written: the trouble that led here is what counts. */
function cut(file: number, size: number): void {
  try {
    ftruncateSync(file, size)
  } catch {
    return
  }
}
