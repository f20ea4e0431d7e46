import { readFile } from 'node:fs/promises'
import { descendantsOf } from './processes.ts'

/** A word of each part's command line. */
const parts = { api: 'api/server.ts', worker: 'worker.ts', temporal: 'start-dev' } as const
type PartName = keyof typeof parts
export type CpuTimes = Readonly<Record<PartName, number>>

const ticksPerSecond = 100 // USER_HZ: fixed for programs on Linux

/** CPU seconds that each part of a stage, started by this process, has used so far. Unlike wall time it says the same on a machine that has other work to do. */
export async function cpuTimesOf(): Promise<CpuTimes> {
  const running = await descendantsOf(process.pid)
  const timeOf = async (part: PartName): Promise<number> => {
    const pid = running.find(({ words }) => words.includes(parts[part]))?.pid
    if (pid === undefined) throw new Error(`no process of ${part} runs`)
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before may hold blanks
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }
  return { api: await timeOf('api'), worker: await timeOf('worker'), temporal: await timeOf('temporal') }
}
