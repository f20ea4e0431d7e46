import { setTimeout as pause } from 'node:timers/promises'
import { causeOfDeath } from '../domain/engine-failure.ts'
import { causeOf, type Cause } from '../domain/errors.ts'
import { isServer, processOf, top } from '../domain/launchers/container.ts'
import type { HostName } from '../domain/names.ts'
import type { EngineLogReader } from './engine-log-reader.ts'
import { HostError, type Hosts } from './hosts.ts'
import type { Vllm } from './vllm.ts'

export interface EngineWatch {
  readonly hosts: Hosts
  readonly host: HostName
  readonly container: string
  readonly vllm: Vllm
  readonly log: EngineLogReader
  /** Resolves when the log showed a line after which no engine comes up. */
  readonly fatal: Promise<unknown>
  readonly limitMs: number
  readonly stallMs: number
}

const healthEveryMs = 100
const livenessEveryMs = 1_000
/** A process that was only just started may not be listed yet. */
const missesThatMeanDeath = 2
/** After the telling line more of it follows, and a dead container's last lines are still on their way. */
const settleMs = 400

/** Waits for `/health`. Null when the engine is healthy; else why it will not be: it died, said so, made no progress, or took too long. */
export async function untilHealthy(watch: EngineWatch, signal: AbortSignal): Promise<Cause | null> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const followed = watch.log.follow(watch.hosts, watch.host, watch.container, until)
  try {
    const end = await Promise.race([health(watch, until), death(watch, until), fatalLine(watch), stall(watch, until), rejected(followed)])
    // The start was over before the log was being followed, or while a cut kept it from being followed.
    if (watch.log.lines.length === 0 || (end === null && !watch.log.isFollowing)) await readWhatIsThere(watch)
    return end === 'died' ? causeOfDeath(watch.log.lines, 'engine_exited') : end
  } finally {
    over.abort()
    await followed.catch(() => undefined)
  }
}

/** For the log's sake alone: an engine is no less healthy because its host can't be asked just now. */
async function readWhatIsThere({ log, hosts, host, container }: EngineWatch): Promise<void> {
  try {
    await log.readOnce(hosts, host, container)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}

async function health({ vllm }: EngineWatch, signal: AbortSignal): Promise<null> {
  while (!signal.aborted) {
    if (await vllm.healthy(signal)) return null
    await pause(healthEveryMs, undefined, { signal }).catch(() => undefined)
  }
  throw new Error('the wait for health was given up')
}

/** Neither a container that is Up nor an open port proves an engine; no process of it, or no container, is its end. */
async function death(watch: EngineWatch, signal: AbortSignal): Promise<'died'> {
  for (let misses = 0; misses < missesThatMeanDeath && !signal.aborted;) {
    await pause(livenessEveryMs, undefined, { signal }).catch(() => undefined)
    const alive = await engineRuns(watch.hosts, watch.host, watch.container)
    if (alive !== null) misses = alive ? 0 : misses + 1
  }
  await pause(settleMs)
  return 'died'
}

async function fatalLine(watch: EngineWatch): Promise<'died'> {
  await watch.fatal
  await pause(settleMs)
  return 'died'
}

async function stall({ log, limitMs, stallMs }: EngineWatch, signal: AbortSignal): Promise<Cause> {
  const end = performance.now() + limitMs
  while (!signal.aborted) {
    const now = performance.now()
    const line = log.lines.at(-1) ?? null
    if (now >= end) return causeOf('launch_timeout', `not healthy after ${Math.round(limitMs / 1000)} s`, line)
    if (now >= log.lastNewsAt + stallMs)
      return causeOf('launch_stalled', `no progress for ${Math.round(stallMs / 1000)} s, in stage "${log.progress.stage}"`, line)
    await pause(Math.max(50, Math.min(end, log.lastNewsAt + stallMs) - now), undefined, { signal }).catch(() => undefined)
  }
  throw new Error('the wait for health was given up')
}

/** Whether the engine's server is among the container's processes; null when the host does not say. */
export async function engineRuns(hosts: Hosts, host: HostName, container: string): Promise<boolean | null> {
  try {
    const exit = await hosts.look(host, top(container))
    if (exit.kind !== 'exited') return null
    if (exit.code !== 0) return /No such container|is not running/i.test(exit.stderr) ? false : null
    return exit.stdout.split('\n').some((line) => isServer(processOf(line)?.args ?? ''))
  } catch (error) {
    if (error instanceof HostError) return null
    throw error
  }
}

/** Of a promise only its failure. */
const rejected = (promise: Promise<unknown>): Promise<never> =>
  new Promise((_, reject) => {
    promise.catch(reject)
  })
