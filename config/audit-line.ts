import { AuditEvent } from '../domain/events.ts'

/** A line of the audit trail, with its end. Seq and id stand first: `markOf` relies on it. */
export function auditLine({ seq, id, ...rest }: AuditEvent): string {
  return `${JSON.stringify({ seq, id, ...rest })}\n`
}

/** Seq and id of a line, without reading all of it; null for what is no line of the trail. */
export function markOf(line: string): { seq: number; id: string } | null {
  const [, seq, id] = /^\{"seq":(\d{1,16}),"id":("(?:[^"\\]|\\.)*")/.exec(line) ?? []
  const read = id === undefined ? undefined : fromJson(id)
  return seq === undefined || typeof read !== 'string' ? null : { seq: Number(seq), id: read }
}

/** The event of a line; null for what is none (any more): others can still be read. */
export const eventOf = (line: string): AuditEvent | null => AuditEvent.safeParse(fromJson(line)).data ?? null

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One whole line, and the byte after it. */
export interface Line {
  readonly text: string
  readonly end: number
}

/** Whole lines in `bytes`; `length` is how many bytes they are. A last one without its end is left out. */
export function wholeLines(bytes: Buffer): { lines: Line[]; length: number } {
  const lines: Line[] = []
  let start = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
    lines.push({ text: bytes.toString('utf8', start, at), end: at + 1 })
    start = at + 1
  }
  return { lines, length: start }
}

/** As `wholeLines`, but only the last of them. */
export function lastLine(bytes: Buffer): { lines: Line[]; length: number } {
  const end = bytes.lastIndexOf(10)
  if (end === -1) return { lines: [], length: 0 }
  const start = end === 0 ? 0 : bytes.lastIndexOf(10, end - 1) + 1
  return { lines: [{ text: bytes.toString('utf8', start, end), end: end + 1 }], length: end + 1 }
}
