import { setTimeout as pause } from 'node:timers/promises'
import { containersToGo, nextMove, withCommand, type ClearingCommand, type ClearingSoFar, type Missing } from '../domain/clearing.ts'
import { goalOn, type ClearingPlan, type HostToClear } from '../domain/clearing-plan.ts'
import { causeOf, type Cause } from '../domain/errors.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { endProcesses, isEngine, kill, processOf, remove, stop, top } from '../domain/launchers/container.ts'
import type { Mark } from '../domain/mark.ts'
import type { Argv, HostName } from '../domain/names.ts'
import { causeOfHostError, isFatal } from './failure.ts'
import { HostError, type Hosts } from './hosts.ts'
import { keepLastWords, type LastWordsPlace } from './last-words.ts'

export interface ClearingJob {
  readonly hosts: Hosts
  readonly plan: ClearingPlan
  readonly mark: Mark
  readonly limitS: number
  /** Where the last words of a container are kept. */
  readonly lastWords: LastWordsPlace
  readonly say: (text: string) => void
  /** Kept across attempts: the processes of containers that are gone by then can't be asked for any more. */
  readonly remember: (host: HostName, soFar: ClearingSoFar) => void
}

/** `cleared` with a cause: the stop is proven, but the memory has not come back. */
export interface Cleared {
  readonly state: 'cleared' | 'unproven'
  readonly detail: string
  readonly cause: Cause | null
}

const lookEveryMs = 100
const unreachableEveryMs = 1_000
const commandLimitS = 30

/**
 * Stops what the plan names on one host and proves it: look, do the next thing, look again, until nothing is left or the limit is over.
 * Safe to repeat, and blind to what commands answer: only looks count. Throws HostError for what no retry mends (a stale fence, a changed host key).
 */
export async function clearHost(job: ClearingJob, target: HostToClear, begun: ClearingSoFar): Promise<Cleared> {
  const { hosts, mark, plan } = job
  const { host } = target
  const giveUpAt = performance.now() + job.limitS * 1000
  const change = (argv: Argv, limit_s: number): Promise<unknown> => hosts.change(host, mark, argv, { limit_s })
  let soFar = begun
  let missing: { what: Missing | 'host'; detail: string; cause: Cause | null } = { what: 'host', detail: 'not looked at yet', cause: null }
  while (performance.now() < giveUpAt) {
    try {
      const facts = await hosts.facts(host)
      const goal = goalOn(plan, target, facts.memTotalBytes)
      soFar = await noteEngines(job, target, facts, soFar)
      const move = nextMove(facts, goal, soFar)
      switch (move.do) {
        case 'nothing':
          job.say(`${host}: ${move.detail}`)
          return { state: 'cleared', detail: move.detail, cause: null }
        case 'wait':
          if (missing.what !== move.missing) job.say(`${host}: ${move.detail}`)
          missing = { what: move.missing, detail: move.detail, cause: null }
          await pause(lookEveryMs)
          break
        case 'end_processes':
          job.say(`${host}: ending processes ${move.pids.join(', ')}, which outlived their container`)
          soFar = { ...soFar, orphansEnded: true }
          await change(endProcesses(move.pids), commandLimitS)
          break
        default:
          job.say(`${host}: docker ${move.do} ${move.container}`)
          soFar = withCommand(soFar, move.container, move.do)
          await change(commandOn(move.do, move.container, target.stopGraceS), target.stopGraceS + commandLimitS)
      }
    } catch (error) {
      if (!(error instanceof HostError) || isFatal(error)) throw error
      missing = { what: 'host', detail: error.message, cause: causeOfHostError(error) }
      job.say(`${host}: ${error.message}`)
      await pause(unreachableEveryMs)
    }
  }
  if (missing.what === 'memory') return { state: 'cleared', detail: missing.detail, cause: causeOf('memory_short', `${host}: ${missing.detail}`) }
  return { state: 'unproven', detail: missing.detail, cause: causeOf('stop_unproven', `${host}: ${missing.detail}`, missing.cause?.message ?? null) }
}

function commandOn(command: ClearingCommand, container: string, graceS: number): Argv {
  if (command === 'stop') return stop(container, graceS)
  return command === 'kill' ? kill(container) : remove(container)
}

/** Before a container is stopped for the first time: its engine's processes are noted, and its last words kept. */
async function noteEngines(
  job: ClearingJob,
  { host, containers, target }: HostToClear,
  facts: HostFacts,
  soFar: ClearingSoFar,
): Promise<ClearingSoFar> {
  const goal = { clusterId: job.plan.clusterId, containers, allOfOurs: target, portFree: false, memory: null }
  const untouched = containersToGo(facts, goal).filter((container) => soFar.tried[container.name] === undefined)
  let noted = soFar
  for (const { name, running } of untouched) {
    if (running) {
      const pids = await enginePids(job.hosts, host, name)
      noted = {
        ...noted,
        engines: [...noted.engines, ...pids.map((pid) => ({ pid, name: facts.computeApps?.find((app) => app.pid === pid)?.name ?? null }))],
      }
      job.remember(host, noted)
    }
    const id = facts.containers.find((container) => container.name === name)?.id
    const trouble = id === undefined ? null : await keepLastWords(job.hosts, host, { name, id }, job.lastWords(host, name, id))
    if (trouble !== null) job.say(trouble)
  }
  return noted
}

/** The host's process ids of the engine in a container; none when the container cannot be asked. */
export async function enginePids(hosts: Hosts, host: HostName, container: string): Promise<number[]> {
  const exit = await hosts.look(host, top(container))
  if (exit.kind !== 'exited' || exit.code !== 0) return []
  const processes = exit.stdout.split('\n').flatMap((line) => processOf(line) ?? [])
  return processes.filter((process) => isEngine(process.args)).map((process) => process.pid)
}
