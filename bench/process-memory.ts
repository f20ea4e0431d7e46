import { readFile } from 'node:fs/promises'
import { descendantsOf } from './processes.ts'

/** Memory of one process in MB (10⁶ bytes). `rss` counts pages that it shares with others in full, `pss` its part of them. */
export interface ProcessMemory {
  readonly pid: number
  readonly rss_mb: number
  readonly pss_mb: number
}

/** The process below `ancestor` that runs `script`, from /proc. Throws when there is none, or no /proc. */
export async function memoryOf(script: string, ancestor: number): Promise<ProcessMemory> {
  const pid = (await descendantsOf(ancestor)).find(({ words }) => words.includes(script))?.pid
  if (pid === undefined) throw new Error(`no process runs ${script}`)
  const [status, rollup] = [await readFile(`/proc/${pid}/status`, 'utf8'), await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')]
  return { pid, rss_mb: megabytes(status, 'VmRSS'), pss_mb: megabytes(rollup, 'Pss') }
}

function megabytes(text: string, row: string): number {
  const kib = new RegExp(`^${row}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (kib === undefined) throw new Error(`/proc says nothing of ${row}`)
  return (Number(kib) * 1024) / 1e6
}
