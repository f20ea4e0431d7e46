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
