import { setTimeout as pause } from 'node:timers/promises'
import { causeOfDeath } from '../domain/engine-failure.ts'
import { causeOf, type Cause } from '../domain/errors.ts'
import { containerOf } from '../domain/clearing-plan.ts'
import type { HostName } from '../domain/names.ts'
import type { EngineLogReader } from './engine-log-reader.ts'
import { HostError, type Hosts } from './hosts.ts'
import { lives, type LaunchedModel } from './liveness.ts'
import type { Vllm } from './vllm.ts'
import { workersWords } from './workers-words.ts'

export interface EngineWatch {
  readonly hosts: Hosts
  readonly launched: LaunchedModel
  readonly vllm: Vllm
  /** The head's. */
  readonly log: EngineLogReader
  /** Resolves when the log showed a line after which no engine comes up. */
  readonly fatal: Promise<unknown>
  readonly limitMs: number
  readonly stallMs: number
}

/** Why the waiting is over, if not by health. */
type End = 'died' | { readonly lost: HostName } | Cause

const healthEveryMs = 100
const livenessEveryMs = 1_000
/** A process that was only just started may not be listed yet. */
const missesThatMeanDeath = 2
/** After the telling line more of it follows, and a dead container's last lines are still on their way. */
const settleMs = 400
/** A worker's host that says nothing for so long is away: the head waits for it without an end, and without a word. */
const awayMs = 60_000
const answerLimitS = 20

/**
 * Waits until the engine is healthy: `/health`, and for a model on several hosts a completion in time, for the head's `/health` stays 200 without its workers.
 * Null when it is; else why it will not be: it died on one of its hosts, said so, made no progress, or took too long.
 */
export async function untilHealthy(watch: EngineWatch, signal: AbortSignal): Promise<Cause | null> {
  const over = new AbortController()
  const until = AbortSignal.any([signal, over.signal])
  const { hosts, launched, log } = watch
  const head = headOf(launched)
  const container = containerOf(launched.model)
  const followed = container === null ? Promise.resolve() : log.follow(hosts, head, container, until)
  try {
    const deaths = launched.hosts.map((host) => death(watch, host, until))
    const end = await Promise.race([health(watch, until), ...deaths, fatalLine(watch), stall(watch, until), rejected(followed)])
    // The start was over before the log was being followed, or while a cut kept it from being followed.
    if (container !== null && (log.lines.length === 0 || (end === null && !log.isFollowing))) await readWhatIsThere(watch, container)
    return end === null ? null : await causeOfEnd(watch, end)
  } finally {
    over.abort()
    await followed.catch(() => undefined)
  }
}

/** The end of one part is the end of all; its own log says best why. */
async function causeOfEnd({ hosts, launched, log }: EngineWatch, end: End): Promise<Cause> {
  if (end !== 'died' && 'code' in end) return end
  const own = causeOfDeath(log.lines, 'engine_exited')
  if (end !== 'died' && end.lost === headOf(launched)) return own
  return (await workersWords(hosts, launched, own)) ?? (end === 'died' ? own : causeOf('engine_exited', `Its part on ${end.lost} ended`))
}

/** For the log's sake alone: an engine is no less healthy because its host can't be asked just now. */
async function readWhatIsThere({ log, hosts, launched }: EngineWatch, container: string): Promise<void> {
  try {
    await log.readOnce(hosts, headOf(launched), container)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
  }
}

async function health({ vllm, launched }: EngineWatch, signal: AbortSignal): Promise<null> {
  while (!signal.aborted) {
    if ((await vllm.healthy(signal)) && (launched.hosts.length === 1 || (await answers(vllm, launched, signal)))) return null
    await pause(healthEveryMs, undefined, { signal }).catch(() => undefined)
  }
  throw new Error('the wait for health was given up')
}

const answers = (vllm: Vllm, { model }: LaunchedModel, signal: AbortSignal): Promise<boolean> =>
  vllm.complete(model.served_name, 'Say hello.', 1, answerLimitS, signal).then(
    () => true,
    () => false,
  )

/** Neither a container that is Up nor an open port proves an engine; no process of it, or no container, is its end. */
async function death({ hosts, launched }: EngineWatch, host: HostName, signal: AbortSignal): Promise<End> {
  const isWorker = host !== headOf(launched)
  let heardAt = performance.now()
  for (let misses = 0; misses < missesThatMeanDeath && !signal.aborted;) {
    await pause(livenessEveryMs, undefined, { signal }).catch(() => undefined)
    const alive = await lives(hosts, launched, host)
    if (alive !== null) {
      heardAt = performance.now()
      misses = alive ? 0 : misses + 1
    } else if (isWorker && performance.now() - heardAt > awayMs)
      return causeOf('host_unreachable', `${host} says nothing any more, and it has a part of the model`)
  }
  await pause(settleMs)
  return { lost: host }
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

const headOf = ({ hosts }: LaunchedModel): HostName => hosts[0] ?? ''

/** Of a promise only its failure. */
const rejected = (promise: Promise<unknown>): Promise<never> =>
  new Promise((_, reject) => {
    promise.catch(reject)
  })
