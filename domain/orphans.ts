import type { ComputeApp } from './host-facts.ts'
import { markOf } from './host-facts/containers.ts'
import type { Argv } from './names.ts'

/** A process of an engine of ours: from its container while that ran, or by the mark in its own environment. */
export interface OwnProcess {
  readonly pid: number
  /** Null where it was on no list of the GPU's; with a name it must still be the same one, for pids are used again. */
  readonly name: string | null
}

/** Own processes that are still on the GPU. Asked only once no container of theirs is left. */
export const orphansAmong = (apps: readonly ComputeApp[], own: readonly OwnProcess[]): ComputeApp[] =>
  apps.filter((app) => own.some(({ pid, name }) => pid === app.pid && (name ?? app.name) === app.name))

const shown = 5

/** What is on the GPU in words, the largest first: `4242 VLLM::EngineCore (61234 MiB)`. Null when nothing is. */
export function namedProcesses(apps: readonly ComputeApp[]): string | null {
  const largest = apps.toSorted((a, b) => (b.usedMiB ?? 0) - (a.usedMiB ?? 0))
  const words = largest
    .slice(0, shown)
    .map(({ pid, name, usedMiB }) => `${pid} ${name.slice(0, 60)} (${usedMiB === null ? 'size unknown' : `${usedMiB} MiB`})`)
  if (words.length === 0) return null
  return [...words, ...(largest.length > shown ? [`and ${largest.length - shown} more`] : [])].join(', ')
}

/**
 * Prints of each process the variables that mark it as ours, and no others: an environment may hold secrets. A container's processes belong to root,
 * so that another SSH user needs sudo to read it, where that asks for no password.
 */
const readMarks = [
  'for pid; do',
  `printf '#pid %s\\n' "$pid";`,
  '{ cat "/proc/$pid/environ" 2>/dev/null || sudo -n cat "/proc/$pid/environ" 2>/dev/null; } |',
  `tr '\\0' '\\n' | grep '^SPARK_';`,
  'done; true',
].join(' ')
export const marksOfProcesses = (pids: readonly number[]): Argv => ['sh', '-c', readMarks, 'spark-marks', ...pids.map(String)]

/** The processes that carry the mark of this cluster, from what the command above printed. */
export function processesOfCluster(output: string, clusterId: string): number[] {
  return output
    .split(/^#pid /m)
    .slice(1)
    .flatMap((part) => {
      const [first = '', ...env] = part.split('\n')
      return /^\d{1,9}$/.test(first) && markOf({}, env)?.cluster === clusterId ? [Number(first)] : []
    })
}

/** Ends processes that outlived their container. They were root's there; without a right to end them, sudo may help, and a look says whether it did. */
export const endProcesses = (pids: readonly number[]): Argv => [
  ...['sh', '-c', 'env kill -KILL "$@" 2>/dev/null || sudo -n env kill -KILL "$@"', 'spark-end'],
  ...pids.map(String),
]

/** The remedy of NVIDIA's own playbooks: CUDA does not count memory as free that the page cache holds. Root's right is needed for one `tee` alone. */
export const dropCaches: Argv = ['sh', '-c', 'sync; echo 3 | sudo -n tee /proc/sys/vm/drop_caches']
