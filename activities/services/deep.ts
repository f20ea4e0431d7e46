import { cancellationSignal, heartbeat } from '@temporalio/activity'
import { z } from 'zod'
import type { Places } from '../../config/places.ts'
import { servicesOf } from '../../config/services.ts'
import { engineUrl } from '../../domain/engine-address.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { rfc3339, type ClusterId } from '../../domain/names.ts'
import type { DeepCheck, DeepReport } from '../../domain/services/deep-report.ts'
import { kindOf } from '../../domain/services/kinds.ts'
import type { Service } from '../../domain/services/service.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { withFailures } from '../failure.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { viewOf } from '../managed/gate.ts'
import { Vllm } from '../vllm.ts'
import { ServiceClient, type Answered } from './client.ts'
import { firstModel, probe } from './probe.ts'

/** Of one real answer. */
const answerLimitS = 30
const modelsLimitS = 5
const prompt = 'Say hello.'
const maxTokens = 16

type Verdict = Pick<DeepCheck, 'ok' | 'detail'>

const Completed = z.object({ usage: z.object({ completion_tokens: z.number() }) })
const Embedded = z.object({ data: z.array(z.object({ embedding: z.array(z.number()).min(1) })).min(1) })

export const createDeepActivities = (deps: DepsWithArbiter) => ({
  /** Asks every deployment and service the real question of its kind, all at once. It wakes what sleeps: only a person's wish starts it. Trouble is an answer. */
  askDeeply: ({ clusterId }: { clusterId: ClusterId }): Promise<DeepReport> =>
    withHeartbeats(
      () => heartbeat(),
      () =>
        withFailures(async () => {
          const asked_at = rfc3339(Date.now())
          const { deployments, active } = await viewOf(deps, clusterId)
          const swapping = new Set(active.flatMap((swap) => swap.affectedHosts))
          const checks = await Promise.all([
            ...deployments.map((one) => checkModel(deps, one, swapping)),
            ...servicesOf(deps.config).services.map((service) => checkService(service, deps.places)),
          ])
          return { ok: checks.every((one) => one.ok !== false), asked_at, checks }
        }),
    ),
})

async function checkModel({ hosts }: DepsWithArbiter, { hosts: on, model, snapshot }: Deployment, swapping: ReadonlySet<string>): Promise<DeepCheck> {
  const head = on[0] ?? ''
  const about = { name: model ?? 'unknown', what: 'model', kind: 'vllm', host: head, asked: 'completion' } as const
  if (on.some((host) => swapping.has(host))) return { ...about, ok: null, took_s: 0, detail: 'a swap is running there' }
  return await timed(about, async (signal) => {
    const vllm = new Vllm(engineUrl(hosts.host(head), snapshot))
    try {
      // Asked by the name that it serves under: one that was adopted is not in the catalog.
      const [serving] = await vllm.models(modelsLimitS, signal)
      if (serving === undefined) return { ok: false, detail: 'it lists no model' }
      const { completionTokens } = await vllm.complete(serving.id, prompt, maxTokens, answerLimitS, signal)
      return tokens(serving.id, completionTokens)
    } finally {
      await vllm.close()
    }
  })
}

function checkService(service: Service, places: Pick<Places, 'configDir'>): Promise<DeepCheck> {
  const { name, kind, host } = service
  const { deep } = kindOf(kind)
  return timed({ name, what: 'service', kind, host, asked: deep ?? 'probe' }, async (signal) => {
    const client = new ServiceClient(service, places)
    try {
      if (deep === 'completion') return await completion(client, signal)
      if (deep === 'embedding') return embedding(await client.ask('/v1/embeddings', answerLimitS, signal, { input: 'hello' }))
      const { verdict } = await probe(service, client, signal)
      return { ok: verdict.state === 'up' || verdict.state === 'up_needs_key', detail: verdict.detail ?? 'up' }
    } finally {
      await client.close()
    }
  })
}

async function completion(client: ServiceClient, signal: AbortSignal): Promise<Verdict> {
  const listed = await client.ask('/v1/models', modelsLimitS, signal)
  const model = firstModel(listed.text)
  if (model === null) return { ok: false, detail: unlike('/v1/models', listed) }
  const body = { model, max_tokens: maxTokens, messages: [{ role: 'user', content: prompt }] }
  const given = await client.ask('/v1/chat/completions', answerLimitS, signal, body)
  const read = Completed.safeParse(parsed(given.text))
  return read.success ? tokens(model, read.data.usage.completion_tokens) : { ok: false, detail: unlike('/v1/chat/completions', given) }
}

function embedding(given: Answered): Verdict {
  const read = Embedded.safeParse(parsed(given.text))
  if (!read.success) return { ok: false, detail: unlike('/v1/embeddings', given) }
  return { ok: true, detail: `an embedding of ${String(read.data.data[0]?.embedding.length)} numbers` }
}

const tokens = (model: string, count: number): Verdict => ({ ok: count > 0, detail: `${model} gave ${String(count)} tokens` })

/** What came in place of an answer. Bodies stay out of it: a server may repeat what it was sent. */
const unlike = (path: string, { answer }: Answered): string =>
  answer.kind === 'silent'
    ? answer.words
    : `${path} answered ${answer.kind === 'answered' ? String(answer.status) : ''}, which is no answer to the question`

async function timed(about: Omit<DeepCheck, 'ok' | 'detail' | 'took_s'>, ask: (signal: AbortSignal) => Promise<Verdict>): Promise<DeepCheck> {
  const begunAt = performance.now()
  const signal = cancellationSignal()
  const verdict = await ask(signal).catch((error: unknown): Verdict => {
    if (signal.aborted) throw error
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  })
  return { ...about, ...verdict, took_s: Math.round(performance.now() - begunAt) / 1000 }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
