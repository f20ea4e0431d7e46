import { setTimeout as pause } from 'node:timers/promises'
import {
  containersToGo,
  nextMove,
  withCommand,
  type ClearingCommand,
  type ClearingMove,
  type ClearingSoFar,
  type Missing,
} from '../domain/clearing.ts'
import { goalOn, type ClearingPlan, type HostToClear } from '../domain/clearing-plan.ts'
import { causeOf, type Cause } from '../domain/errors.ts'
import { freedWords, memFree } from '../domain/freed-memory.ts'
import type { HostFacts } from '../domain/host-facts.ts'
import { kill, remove, stop } from '../domain/launchers/container.ts'
import type { Mark } from '../domain/mark.ts'
import type { Argv, HostName } from '../domain/names.ts'
import { dropCaches, endProcesses } from '../domain/orphans.ts'
import { EngineProcesses } from './engine-processes.ts'
import { causeOfHostError, isFatal } from './failure.ts'
import { HostError, type Exit, type Hosts } from './hosts.ts'
import { keepLastWords, type LastWordsPlace } from './last-words.ts'

export { enginePids } from './engine-processes.ts'

export interface ClearingJob {
  readonly hosts: Hosts
  readonly plan: ClearingPlan
  readonly mark: Mark
  readonly limitS: number
  /** Where the last words of a container are kept. */
  readonly lastWords: LastWordsPlace
  /** Whether the page cache may be dropped for a launch that finds too little memory (setting `drop_caches`). */
  readonly dropCaches?: boolean
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
/** An nvidia-smi that took so long and said nothing hangs: it is left alone for a while, so that it does not eat the time of the gate. */
const hangsMs = 4_000
const askAgainMs = 30_000

/**
 * Stops what the plan names on one host and proves it: look, do the next thing, look again, until nothing is left or the limit is over.
 * Safe to repeat, and blind to what commands answer: only looks count. Throws HostError for what no retry mends (a stale fence, a changed host key).
 */
export const clearHost = (job: ClearingJob, target: HostToClear, begun: ClearingSoFar): Promise<Cleared> => new HostClearing(job, target, begun).run()

class HostClearing {
  readonly #job: ClearingJob
  readonly #target: HostToClear
  readonly #processes: EngineProcesses
  #soFar: ClearingSoFar
  #missing: { what: Missing | 'host'; detail: string; cause: Cause | null } = { what: 'host', detail: 'not looked at yet', cause: null }
  #askGpuFrom = 0

  constructor(job: ClearingJob, target: HostToClear, begun: ClearingSoFar) {
    this.#job = job
    this.#target = target
    this.#processes = new EngineProcesses(job.hosts, job.plan, target)
    this.#soFar = begun
  }

  async run(): Promise<Cleared> {
    const giveUpAt = performance.now() + this.#job.limitS * 1000
    while (performance.now() < giveUpAt) {
      try {
        const move = await this.#lookAndDecide()
        if (move.do === 'nothing') {
          this.#say(move.detail)
          return { state: 'cleared', detail: move.detail, cause: null }
        }
        await this.#make(move)
      } catch (error) {
        if (!(error instanceof HostError) || isFatal(error)) throw error
        this.#missing = { what: 'host', detail: error.message, cause: causeOfHostError(error) }
        this.#say(error.message)
        await pause(unreachableEveryMs)
      }
    }
    const { what, detail, cause } = this.#missing
    const said = `${this.#target.host}: ${detail}`
    if (what === 'memory') return { state: 'cleared', detail, cause: causeOf('memory_short', said) }
    return { state: 'unproven', detail, cause: causeOf('stop_unproven', said, cause?.message ?? null) }
  }

  async #lookAndDecide(): Promise<ClearingMove> {
    const facts = await this.#look()
    await this.#noteEngines(facts)
    const goal = { ...goalOn(this.#job.plan, this.#target, facts.memTotalBytes), dropCaches: this.#job.dropCaches ?? false }
    const undecided = goal.dropCaches && goal.memory !== null && this.#soFar.cachesDropped === undefined
    return nextMove(undecided ? { ...facts, memFreeBytes: await this.#memFree() } : facts, goal, this.#soFar)
  }

  async #make(move: Exclude<ClearingMove, { do: 'nothing' }>): Promise<void> {
    switch (move.do) {
      case 'wait':
        if (this.#missing.what !== move.missing) this.#say(move.detail)
        this.#missing = { what: move.missing, detail: move.detail, cause: null }
        return pause(lookEveryMs)
      case 'end_processes':
        this.#say(`ending what outlived its container: ${move.detail}`)
        this.#soFar = { ...this.#soFar, orphansEnded: true }
        await this.#change(endProcesses(move.pids), commandLimitS)
        return
      case 'drop_caches':
        this.#say(`${move.detail}: dropping the page cache`)
        return this.#dropCaches(move.detail)
      default: {
        this.#say(`docker ${move.do} ${move.container}`)
        this.#soFar = withCommand(this.#soFar, move.container, move.do)
        const graceS = this.#target.stopGraceS
        await this.#change(commandOn(move.do, move.container, graceS), graceS + commandLimitS)
      }
    }
  }

  async #look(): Promise<HostFacts> {
    const begunAt = performance.now()
    const gpu = begunAt >= this.#askGpuFrom
    const facts = await this.#job.hosts.facts(this.#target.host, undefined, undefined, { figures: false, gpu })
    if (gpu && facts.computeApps === null && performance.now() - begunAt > hangsMs) this.#askGpuFrom = performance.now() + askAgainMs
    return facts
  }

  /** Before a container is stopped for the first time: its engine's processes are noted, and its last words kept. */
  async #noteEngines(facts: HostFacts): Promise<void> {
    const { hosts, lastWords, remember } = this.#job
    const { host } = this.#target
    const toGo = containersToGo(facts, goalOn(this.#job.plan, this.#target, null))
    for (const { name, running } of toGo.filter((container) => this.#soFar.tried[container.name] === undefined)) {
      if (running) {
        this.#soFar = await this.#processes.inContainer(name, facts, this.#soFar)
        remember(host, this.#soFar)
      }
      const id = facts.containers.find((container) => container.name === name)?.id
      const trouble = id === undefined ? null : await keepLastWords(hosts, host, { name, id }, lastWords(host, name, id))
      if (trouble !== null) this.#say(trouble)
    }
    this.#soFar = await this.#processes.withoutContainer(facts, this.#soFar)
  }

  async #dropCaches(because: string): Promise<void> {
    const before = await this.#memFree()
    const exit = await this.#change(dropCaches, commandLimitS)
    const failed = exit.kind === 'exited' && exit.code !== 0
    const refusal = failed ? (exit.stderr.trim().split('\n')[0] ?? '').slice(0, 200) || `exit code ${exit.code}` : null
    const cachesDropped = freedWords(before, await this.#memFree(), refusal)
    this.#say(cachesDropped)
    this.#missing = { what: 'memory', detail: `${because}; ${cachesDropped}`, cause: null }
    this.#soFar = { ...this.#soFar, cachesDropped }
    this.#job.remember(this.#target.host, this.#soFar)
  }

  async #memFree(): Promise<number | null> {
    const exit = await this.#job.hosts.look(this.#target.host, ['cat', '/proc/meminfo'])
    return memFree(exit.stdout)
  }

  #change(argv: Argv, limit_s: number): Promise<Exit> {
    return this.#job.hosts.change(this.#target.host, this.#job.mark, argv, { limit_s })
  }

  #say(text: string): void {
    this.#job.say(`${this.#target.host}: ${text}`)
  }
}

function commandOn(command: ClearingCommand, container: string, graceS: number): Argv {
  if (command === 'stop') return stop(container, graceS)
  return command === 'kill' ? kill(container) : remove(container)
}
