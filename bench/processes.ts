import { readdir, readFile } from 'node:fs/promises'

export interface RunningProcess {
  readonly pid: number
  /** Its command line. */
  readonly words: readonly string[]
}

/** All that a process started, and what that started, as far as it runs now and its parents do. Throws where there is no /proc. */
export async function descendantsOf(ancestor: number): Promise<RunningProcess[]> {
  const childrenOf = new Map<number, number[]>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = await parentOf(Number(name))
    if (parent !== null) childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(name)])
  }
  const found: number[] = []
  for (let next = childrenOf.get(ancestor) ?? []; next.length > 0; next = next.flatMap((pid) => childrenOf.get(pid) ?? [])) found.push(...next)
  return Promise.all(found.map(async (pid) => ({ pid, words: (await textOf(`/proc/${pid}/cmdline`)).split('\0') })))
}

/** Those of them that still run. */
export async function stillRunning(processes: readonly RunningProcess[]): Promise<RunningProcess[]> {
  const now = await Promise.all(processes.map(async ({ pid, words }) => (await textOf(`/proc/${pid}/cmdline`)) === words.join('\0')))
  return processes.filter((_, i) => now[i])
}

async function parentOf(pid: number): Promise<number | null> {
  const stat = await textOf(`/proc/${pid}/stat`)
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) // the name before may hold blanks
  return Number.isInteger(parent) ? parent : null
}

/** Empty for a process that is gone. */
const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '')
