import { setTimeout as pause } from 'node:timers/promises'
import { CancelledFailure, cancellationSignal, heartbeat } from '@temporalio/activity'
import { containerOf } from '../domain/clearing-plan.ts'
import { engineUrl } from '../domain/engine-address.ts'
import { causeOfDeath } from '../domain/engine-failure.ts'
import { causeOf, type Cause, type ErrorCode } from '../domain/errors.ts'
import { Model } from '../domain/model.ts'
import type { HostName, SwapId } from '../domain/names.ts'
import { rootOf } from '../domain/served-root.ts'
import type { ActivityDeps } from './deps.ts'
import { failure, withFailures } from './failure.ts'
import { withHeartbeats } from './heartbeats.ts'
import { lives, type LaunchedModel } from './liveness.ts'
import { withSwapLog, type SwapLog } from './swap-log.ts'
import { EngineError, Vllm } from './vllm.ts'
import { logOf, workersWords } from './workers-words.ts'

export interface ProofInput {
  readonly swapId: SwapId
  readonly phase: 'warm' | 'validate' | 'restore'
  readonly model: Model
  /** The head. */
  readonly host: HostName
  /** The other hosts of a model on several. */
  readonly workers?: readonly HostName[]
  readonly limitS: number
}

const warmPrompt = 'Say hello.'
const proofPrompt = 'Name one colour.'
/** A server whose engine is dead goes on for some seconds. */
const dyingMs = 5_000

/** What an engine must answer before it counts. Nothing here changes a host, so that each may be repeated at will. */
export const createProofActivities = (deps: ActivityDeps) => ({
  /** The first real completion, which compiles what is still to compile. Judged by tokens and not by text: a reasoning model may only have thought. */
  warmUp: (input: ProofInput): Promise<string> =>
    prove(deps, input, 'warm_failed', async (vllm, model, signal) => {
      const { completionTokens } = await vllm.complete(model.served_name, warmPrompt, 16, input.limitS, signal)
      if (completionTokens <= 0) throw new EngineError('the completion has no tokens', 200)
      return `${completionTokens} tokens`
    }),

  /** The served model is the one that was asked for, answers in time, and passes the catalog's own checks. */
  validate: (input: ProofInput): Promise<string> =>
    prove(deps, input, 'validate_failed', async (vllm, model, signal) => {
      const { limitS } = input
      const served = await vllm.models(limitS, signal)
      const wanted = rootOf(model)
      // An engine that is no vLLM may not say what it loaded: then its name is what proves it.
      if (!served.some(({ id, root }) => id === model.served_name && (wanted === null || root === null || root === wanted))) {
        const found = served.map(({ id, root }) => `${id} (${root ?? 'no root'})`).join(', ')
        throw new EngineError(`it serves ${found || 'nothing'} instead of ${model.served_name}${wanted === null ? '' : ` (${wanted})`}`, 200)
      }
      const { completionTokens } = await vllm.complete(model.served_name, proofPrompt, 16, limitS, signal)
      if (completionTokens <= 0) throw new EngineError('the completion has no tokens', 200)
      for (const { prompt, contains, max_tokens } of model.checks) {
        const { text } = await vllm.complete(model.served_name, prompt, max_tokens, limitS, signal)
        if (!text.includes(contains)) throw new EngineError(`the answer to "${prompt.slice(0, 80)}" does not contain "${contains.slice(0, 80)}"`, 200)
      }
      return `serves ${model.served_name}${model.checks.length === 0 ? '' : `, ${model.checks.length} checks passed`}`
    }),
})

async function prove(
  deps: ActivityDeps,
  input: ProofInput,
  code: 'warm_failed' | 'validate_failed',
  body: (vllm: Vllm, model: Model, signal: AbortSignal) => Promise<string>,
): Promise<string> {
  const { hosts, places } = deps
  const model = Model.parse(input.model) // a workflow of before knows less of it
  const vllm = new Vllm(engineUrl(hosts.host(input.host), model))
  const signal = cancellationSignal()
  const begunAt = performance.now()
  try {
    return await withFailures(() =>
      withSwapLog(places.logsDir, input.swapId, input.phase, (log) =>
        withHeartbeats(
          () => heartbeat({ percent: null, stage: input.phase, lastLines: [], log_offset: log.offset }),
          async () => {
            try {
              const detail = `${await body(vllm, model, signal)}, ${((performance.now() - begunAt) / 1000).toFixed(1)} s`
              log.write(`${input.host}: ${detail}`)
              return detail
            } catch (error) {
              if (signal.aborted) throw new CancelledFailure(`cancelled during ${input.phase}`)
              throw failure(await diagnosis(deps, { ...input, model }, log, code, troubleIn(error)))
            }
          },
        ),
      ),
    )
  } finally {
    await vllm.close()
  }
}

/** An engine that refused says why itself; for one that died its log does, and dying takes it a moment. */
async function diagnosis({ hosts }: ActivityDeps, input: ProofInput, log: SwapLog, code: ErrorCode, trouble: EngineTrouble): Promise<Cause> {
  const { host, model, workers = [] } = input
  log.write(`${host}: ${trouble.message}`)
  if (trouble.status === 404) return causeOf('validate_failed', trouble.message)
  const answered = trouble.status !== null && trouble.status < 500
  // The mark is for commands of ours that ask: what runs there is not judged by it.
  const mark = { cluster: '', swap: input.swapId, fence: 0, step: 0, attempt: 0, model: model.key }
  const launched = { model, hosts: [host, ...workers], mark }
  if (answered || !(await dies(hosts, launched))) return causeOf(code, trouble.message)
  const container = containerOf(model)
  const lines = container === null ? [] : await logOf(hosts, host, container)
  for (const line of lines.slice(-40)) log.write(line)
  const own = causeOfDeath(lines, 'engine_exited', `The engine ended: ${trouble.message}`)
  return (await workersWords(hosts, launched, own)) ?? own
}

interface EngineTrouble {
  readonly message: string
  readonly status: number | null
}

const troubleIn = (error: unknown): EngineTrouble => ({
  message: error instanceof Error ? error.message : String(error),
  status: error instanceof EngineError ? error.status : null,
})

/** True once any of its parts is known to be dead. */
async function dies(hosts: ActivityDeps['hosts'], launched: LaunchedModel): Promise<boolean> {
  const until = performance.now() + dyingMs
  for (;;) {
    const parts = await Promise.all(launched.hosts.map((host) => lives(hosts, launched, host)))
    if (parts.includes(false)) return true
    if (performance.now() >= until) return false
    await pause(200)
  }
}
