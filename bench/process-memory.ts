import { readdir, readFile } from 'node:fs/promises'

/** Memory of one process in MB (10⁶ bytes). `rss` counts pages that it shares with others in full, `pss` its part of them. */
export interface ProcessMemory {
  readonly pid: number
  readonly rss_mb: number
  readonly pss_mb: number
}

/** The process that runs `script` with this data directory, from /proc. Throws when there is none, or no /proc. */
export async function memoryOf(script: string, dataDir: string): Promise<ProcessMemory> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const words = (await textOf(`/proc/${name}/cmdline`)).split('\0')
    if (!words.includes(script)) continue
    const environment = (await textOf(`/proc/${name}/environ`)).split('\0')
    if (!environment.includes(`SPARK_DATA_DIR=${dataDir}`)) continue
    const rss = await readFile(`/proc/${name}/status`, 'utf8')
    const pss = await readFile(`/proc/${name}/smaps_rollup`, 'utf8')
    return { pid: Number(name), rss_mb: megabytes(rss, 'VmRSS'), pss_mb: megabytes(pss, 'Pss') }
  }
  throw new Error(`no process runs ${script} on ${dataDir}`)
}

function megabytes(text: string, row: string): number {
  const kib = new RegExp(`^${row}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]
  if (kib === undefined) throw new Error(`/proc says nothing of ${row}`)
  return (Number(kib) * 1024) / 1e6
}

/** Empty for a process that is gone, or another user's. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
