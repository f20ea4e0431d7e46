import type { ContainerMark, HostContainer, HostFacts } from './host-facts.ts'
import { gib, type MemoryNeed } from './memory.ts'
import type { ContainerName } from './names.ts'
import { namedProcesses, orphansAmong, type OwnProcess } from './orphans.ts'

/** What a host is to be rid of before anything may be launched there, or before it counts as empty. */
export interface ClearingGoal {
  readonly clusterId: string
  /** Containers that must go, whoever started them. */
  readonly containers: readonly ContainerName[]
  /** Also everything that carries our cluster's mark; false on hosts where only a part of a displaced deployment ran. */
  readonly allOfOurs: boolean
  readonly portFree: boolean
  readonly memory: MemoryNeed | null
  /** Whether the page cache may be dropped for it. */
  readonly dropCaches?: boolean
}

/** What clearing looks at. */
export type ClearingFacts = Pick<HostFacts, 'computeApps' | 'memAvailableBytes' | 'portListening' | 'docker'> & {
  readonly containers: readonly Pick<HostContainer, 'name' | 'running' | 'autoRemove' | 'mark'>[]
  /** Without the page cache, as CUDA counts; left out where nobody asked. */
  readonly memFreeBytes?: number | null
}

/** What this run of the activity did and saw already. Grows; never shrinks. */
export interface ClearingSoFar {
  readonly tried: Readonly<Record<ContainerName, readonly ClearingCommand[]>>
  /** Processes of engines of ours, noted while their containers ran or known by their marks: what is left of them afterwards is an orphan. */
  readonly engines: readonly OwnProcess[]
  readonly orphansEnded: boolean
  /** What dropping the page cache came to, in words; left out as long as it was not tried. */
  readonly cachesDropped?: string
}
export type ClearingCommand = 'stop' | 'kill' | 'remove'

export type ClearingMove =
  | { readonly do: ClearingCommand; readonly container: ContainerName }
  | { readonly do: 'end_processes'; readonly pids: readonly number[]; readonly detail: string }
  | { readonly do: 'drop_caches'; readonly detail: string }
  | { readonly do: 'wait'; readonly missing: Missing; readonly detail: string }
  | { readonly do: 'nothing'; readonly detail: string }

/** What is still missing for a proof. Only with `memory` alone the stop itself is proven. */
export type Missing = 'docker' | 'container' | 'process' | 'port' | 'memory'

export const nothingYet: ClearingSoFar = { tried: {}, engines: [], orphansEnded: false }

/**
 * The next thing to do on a host, from one look at it: stop, then kill, then remove each container; end its orphans; wait for port and memory, for which
 * the page cache may be dropped once.
 * `nothing` is the proof. It decides by what is there and not by what was answered: an exit code of docker proves nothing.
 */
export function nextMove(facts: ClearingFacts, goal: ClearingGoal, soFar: ClearingSoFar): ClearingMove {
  if (!facts.docker.ok) return { do: 'wait', missing: 'docker', detail: 'docker does not answer' }
  for (const container of containersToGo(facts, goal)) {
    const tried = soFar.tried[container.name] ?? []
    const command = nextCommand(container.running, container.autoRemove, tried)
    if (command !== null) return { do: command, container: container.name }
  }
  const staying = containersToGo(facts, goal)[0]
  if (staying !== undefined) return { do: 'wait', missing: 'container', detail: `container ${staying.name} is still there` }

  // Where nvidia-smi cannot be asked the container's end must do: with it go all processes that were in it.
  const orphans = orphansAmong(facts.computeApps ?? [], soFar.engines)
  const named = namedProcesses(orphans)
  if (named !== null) {
    if (!soFar.orphansEnded) return { do: 'end_processes', pids: orphans.map((orphan) => orphan.pid), detail: named }
    return { do: 'wait', missing: 'process', detail: `engine process ${named} is still there` }
  }
  if (goal.portFree && facts.portListening !== false) return { do: 'wait', missing: 'port', detail: 'something still listens on the port' }
  const dropped = soFar.cachesDropped === undefined ? '' : `; ${soFar.cachesDropped}`
  if (goal.memory !== null) {
    const short = memoryShort(facts, goal.memory)
    const hidden = facts.memFreeBytes != null && facts.memFreeBytes < goal.memory.bytes
    if (goal.dropCaches === true && soFar.cachesDropped === undefined && (short !== null || hidden))
      return { do: 'drop_caches', detail: short ?? `only ${gib(facts.memFreeBytes ?? 0)} are free as CUDA counts, without the page cache` }
    if (short !== null) return { do: 'wait', missing: 'memory', detail: `${short}${dropped}; ${onGpu(facts)}` }
  }
  const free = facts.memAvailableBytes === null ? '' : `, ${gib(facts.memAvailableBytes)} free`
  return { do: 'nothing', detail: `containers gone${goal.portFree ? ', port free' : ''}${free}${dropped}` }
}

/** Null when there is enough. */
function memoryShort({ memAvailableBytes }: ClearingFacts, need: MemoryNeed): string | null {
  if (memAvailableBytes !== null && memAvailableBytes >= need.bytes) return null
  const available = memAvailableBytes === null ? 'memory unknown' : `${gib(memAvailableBytes)} free`
  return `${available}, ${gib(need.bytes)} needed (${need.because})`
}

function onGpu({ computeApps }: ClearingFacts): string {
  if (computeApps === null) return 'nvidia-smi does not say what is on the GPU'
  return `on the GPU: ${namedProcesses(computeApps) ?? 'nothing'}`
}

export function containersToGo(facts: Pick<ClearingFacts, 'containers'>, goal: ClearingGoal): ClearingFacts['containers'] {
  const ours = (mark: ContainerMark | null): boolean => goal.allOfOurs && mark?.cluster === goal.clusterId
  return facts.containers.filter((container) => goal.containers.includes(container.name) || ours(container.mark))
}

/**
 * A `--rm` container that has ended is on its way out by itself; give it one look more before helping. One that nothing ended may still end by
 * itself, long after its removal was refused: then it is removed after all.
 */
function nextCommand(running: boolean, autoRemove: boolean, tried: readonly ClearingCommand[]): ClearingCommand | null {
  if (running && !tried.includes('stop')) return 'stop'
  if (running && !tried.includes('kill')) return 'kill'
  if (!running && autoRemove && tried.length === 0) return null
  const removals = tried.filter((command) => command === 'remove').length
  return removals < (!running && tried.includes('kill') ? 2 : 1) ? 'remove' : null
}

export const withCommand = (soFar: ClearingSoFar, container: ContainerName, command: ClearingCommand): ClearingSoFar => ({
  ...soFar,
  tried: { ...soFar.tried, [container]: [...(soFar.tried[container] ?? []), command] },
})
