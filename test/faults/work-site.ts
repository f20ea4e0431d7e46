import { existsSync, readFileSync } from 'node:fs'
import { HostError, type Hosts } from '../../activities/hosts.ts'
import type { DemoHost } from '../../demo/host.ts'

/** What a marked command left on its host, in the order in which it happened there. */
export interface WorkLine {
  readonly what: 'begin' | 'end'
  readonly fence: number
}

const logName = '~/work.log'
/** Leaves a line when it begins and one when it ends, on the host itself. */
const script = `echo "begin $1" >>"$HOME/work.log"; sleep "$2"; echo "end $1" >>"$HOME/work.log"`

/** Sends commands to the hosts that carry the fence of a lock, as the holder of the lock would. */
export class WorkSite {
  readonly #ssh: Hosts
  readonly #clusterId: string
  #attempts = 0

  constructor(ssh: Hosts, clusterId: string) {
    this.#ssh = ssh
    this.#clusterId = clusterId
  }

  /** Works for so long on a host. `refused`: it has seen a higher fence, and nothing was done. */
  async work(host: string, fence: number, seconds: number): Promise<'done' | 'refused' | 'unknown'> {
    const mark = { clusterId: this.#clusterId, fence, step: 0, attempt: (this.#attempts += 1) }
    const argv = ['sh', '-c', script, 'sh', String(fence), seconds.toFixed(2)]
    try {
      const exit = await this.#ssh.change(host, mark, argv, { limit_s: 30, wait_s: 10 })
      return exit.kind === 'exited' ? 'done' : 'unknown'
    } catch (error) {
      if (error instanceof HostError && error.code === 'stale_fence') return 'refused'
      if (error instanceof HostError) return 'unknown'
      throw error
    }
  }
}

/** What was done on a host. */
export function workOn(host: DemoHost): WorkLine[] {
  const file = host.file(logName)
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  return lines.map((line) => {
    const [what, fence] = line.split(' ')
    return { what: what === 'begin' ? 'begin' : 'end', fence: Number(fence) }
  })
}

/** I1 and I8 for marked commands: one that began while another went on, and one that began after a higher fence had. */
export function workFaults(lines: readonly WorkLine[]): string[] {
  const found: string[] = []
  let open: number | null = null
  let highest = 0
  for (const { what, fence } of lines) {
    if (what === 'end') {
      if (open === fence) open = null
      continue
    }
    if (open !== null) found.push(`work with fence ${fence} began while that with ${open} went on`)
    if (fence < highest) found.push(`work with fence ${fence} was done after ${highest}`)
    open = fence
    highest = Math.max(highest, fence)
  }
  return found
}
