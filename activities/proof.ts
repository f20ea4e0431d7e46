import { setTimeout as pause } from 'node:timers/promises'
import { CancelledFailure, cancellationSignal, heartbeat } from '@temporalio/activity'
import { baseUrlOf } from '../domain/cluster.ts'
import { causeOfDeath } from '../domain/engine-failure.ts'
import { inOrder, readLogLine } from '../domain/engine-log.ts'
import { causeOf, type Cause, type ErrorCode } from '../domain/errors.ts'
import { lastLogs } from '../domain/launchers/container.ts'
import { weightsOf, type Model } from '../domain/model.ts'
import type { HostName, SwapId } from '../domain/names.ts'
import type { ActivityDeps } from './deps.ts'
import { engineRuns } from './engine-watch.ts'
import { failure, withFailures } from './failure.ts'
import { withHeartbeats } from './heartbeats.ts'
import { withSwapLog, type SwapLog } from './swap-log.ts'
import { EngineError, Vllm } from './vllm.ts'

export interface ProofInput {
  readonly swapId: SwapId
  readonly phase: 'warm' | 'validate' | 'restore'
  readonly model: Model
  readonly host: HostName
  readonly limitS: number
}

const warmPrompt = 'Say hello.'
const proofPrompt = 'Name one colour.'
const logLines = 300
/** A server whose engine is dead goes on for some seconds. */
const dyingMs = 5_000

/** What an engine must answer before it counts. Nothing here changes a host, so that each may be repeated at will. */
export const createProofActivities = (deps: ActivityDeps) => ({
  /** The first real completion, which compiles what is still to compile. Judged by tokens and not by text: a reasoning model may only have thought. */
  warmUp: (input: ProofInput): Promise<string> =>
    prove(deps, input, 'warm_failed', async (vllm, signal) => {
      const { completionTokens } = await vllm.complete(input.model.served_name, warmPrompt, 16, input.limitS, signal)
      if (completionTokens <= 0) throw new EngineError('the completion has no tokens', 200)
      return `${completionTokens} tokens`
    }),

  /** The served model is the one that was asked for, answers in time, and passes the catalog's own checks. */
  validate: (input: ProofInput): Promise<string> =>
    prove(deps, input, 'validate_failed', async (vllm, signal) => {
      const { model, limitS } = input
      const served = await vllm.models(limitS, signal)
      const wanted = weightsOf(model)
      if (!served.some(({ id, root }) => id === model.served_name && root === wanted)) {
        const found = served.map(({ id, root }) => `${id} (${root ?? 'no root'})`).join(', ')
        throw new EngineError(`it serves ${found || 'nothing'} instead of ${model.served_name} (${wanted})`, 200)
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
  body: (vllm: Vllm, signal: AbortSignal) => Promise<string>,
): Promise<string> {
  const { hosts, places } = deps
  const vllm = new Vllm(baseUrlOf(hosts.host(input.host)))
  const signal = cancellationSignal()
  const begunAt = performance.now()
  try {
    return await withFailures(() =>
      withSwapLog(places.logsDir, input.swapId, input.phase, (log) =>
        withHeartbeats(
          () => heartbeat({ percent: null, stage: input.phase, lastLines: [], log_offset: log.offset }),
          async () => {
            try {
              const detail = `${await body(vllm, signal)}, ${((performance.now() - begunAt) / 1000).toFixed(1)} s`
              log.write(`${input.host}: ${detail}`)
              return detail
            } catch (error) {
              if (signal.aborted) throw new CancelledFailure(`cancelled during ${input.phase}`)
              throw failure(await diagnosis(deps, input, log, code, troubleIn(error)))
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
async function diagnosis(
  { hosts }: ActivityDeps,
  { host, model }: ProofInput,
  log: SwapLog,
  code: ErrorCode,
  trouble: EngineTrouble,
): Promise<Cause> {
  log.write(`${host}: ${trouble.message}`)
  if (trouble.status === 404) return causeOf('validate_failed', trouble.message)
  const answered = trouble.status !== null && trouble.status < 500
  if (answered || !(await dies(hosts, host, model.container))) return causeOf(code, trouble.message)
  return causeOfDeath(await lastLines(hosts, host, model, log), 'engine_exited', `The engine ended: ${trouble.message}`)
}

interface EngineTrouble {
  readonly message: string
  readonly status: number | null
}

const troubleIn = (error: unknown): EngineTrouble => ({
  message: error instanceof Error ? error.message : String(error),
  status: error instanceof EngineError ? error.status : null,
})

async function dies(hosts: ActivityDeps['hosts'], host: HostName, container: string): Promise<boolean> {
  const until = performance.now() + dyingMs
  for (;;) {
    if ((await engineRuns(hosts, host, container)) === false) return true
    if (performance.now() >= until) return false
    await pause(200)
  }
}

async function lastLines(hosts: ActivityDeps['hosts'], host: HostName, model: Model, log: SwapLog): Promise<string[]> {
  const exit = await hosts.look(host, lastLogs(model.container, logLines))
  const lines = inOrder(`${exit.stdout}\n${exit.stderr}`).flatMap((line) => readLogLine(line))
  for (const { text } of lines.slice(-40)) log.write(text)
  return lines.map((line) => line.text)
}
