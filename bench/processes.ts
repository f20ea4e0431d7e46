import { readdir, readFile } from 'node:fs/promises'

export interface RunningProcess {
  readonly pid: number
  /** Its command line. */
  readonly words: readonly string[]
}

/** Every process of this machine with that data directory in its environment, whoever started it. Throws where there is no /proc. */
export async function processesOf(dataDir: string): Promise<RunningProcess[]> {
  const found: RunningProcess[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const environment = await textOf(`/proc/${name}/environ`)
    if (!environment.split('\0').includes(`SPARK_DATA_DIR=${dataDir}`)) continue
    found.push({ pid: Number(name), words: (await textOf(`/proc/${name}/cmdline`)).split('\0') })
  }
  return found
}

/** Empty for a process that is gone, or another user's. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
