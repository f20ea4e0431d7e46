import { join } from 'node:path'

/** The audit trail on disk: JSON lines, oldest file first, each named after the first line that was meant for it. The newest alone is written to. */
export interface AuditFile {
  readonly path: string
  readonly firstSeq: number
}

export const auditFileName = (firstSeq: number): string => `audit-${String(firstSeq).padStart(16, '0')}.jsonl`

/** Those among the names in a folder that are files of the trail, oldest first. */
export const auditFilesAmong = (dir: string, names: readonly string[]): AuditFile[] =>
  names
    .flatMap((name) => {
      const firstSeq = /^audit-(\d{16})\.jsonl$/.exec(name)?.[1]
      return firstSeq === undefined ? [] : [{ path: join(dir, name), firstSeq: Number(firstSeq) }]
    })
    .sort((a, b) => a.firstSeq - b.firstSeq)

/** Seq and id of a line, without reading all of it; null for what is no line of the trail. They stand first in each (`auditLine`). */
export function markOf(line: string): { seq: number; id: string } | null {
  const [, seq, id] = /^\{"seq":(\d{1,16}),"id":("(?:[^"\\]|\\.)*")/.exec(line) ?? []
  if (seq === undefined || id === undefined) return null
  try {
    return { seq: Number(seq), id: String(JSON.parse(id)) }
  } catch {
    return null
  }
}

/** Whole lines in `bytes`, and how many bytes they are: a last one without its end is left out. */
export function wholeLines(bytes: Buffer): { lines: { text: string; end: number }[]; length: number } {
  const lines: { text: string; end: number }[] = []
  let start = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
    lines.push({ text: bytes.toString('utf8', start, at), end: at + 1 })
    start = at + 1
  }
  return { lines, length: start }
}

export const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
