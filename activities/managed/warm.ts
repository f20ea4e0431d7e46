import { cancellationSignal, heartbeat } from '@temporalio/activity'
import { engineUrl } from '../../domain/engine-address.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { failed, ok, skipped, type RunEnd } from '../../domain/managed/run-end.ts'
import type { ClusterId, HostName } from '../../domain/names.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { withFailures } from '../failure.ts'
import { withHeartbeats } from '../heartbeats.ts'
import { Vllm } from '../vllm.ts'
import { viewOf } from './gate.ts'

export interface WarmRequest {
  readonly clusterId: ClusterId
  /** null: every deployment */
  readonly hosts: readonly HostName[] | null
}

const warmPrompt = 'Say hello.'
const maxTokens = 16
const modelsLimitS = 5

export const createWarmActivities = (deps: DepsWithArbiter) => ({
  /** Asks each deployment for a real completion, so that what slept is awake. Changes no host, so that it may be repeated. */
  warmDeployments: ({ clusterId, hosts }: WarmRequest): Promise<RunEnd> =>
    withHeartbeats(
      () => heartbeat(),
      () =>
        withFailures(async () => {
          const { deployments, active } = await viewOf(deps, clusterId)
          const swapping = active.flatMap((swap) => swap.affectedHosts)
          const wanted = deployments.filter((one) => hosts === null || one.hosts.some((host) => hosts.includes(host)))
          const there = wanted.filter((one) => !one.hosts.some((host) => swapping.includes(host)))
          if (wanted.length === 0) return skipped('no model is there')
          if (there.length === 0) return skipped('a swap is running there')
          const warmed = await Promise.all(there.map((one) => warm(deps, one)))
          const detail = warmed.map(({ words }) => words).join('; ')
          return warmed.every((one) => one.warm) ? ok(detail) : failed(detail)
        }),
    ),
})

async function warm({ hosts, config }: DepsWithArbiter, { hosts: on, model, snapshot }: Deployment): Promise<{ warm: boolean; words: string }> {
  const head = on[0] ?? ''
  const vllm = new Vllm(engineUrl(hosts.host(head), snapshot))
  const signal = cancellationSignal()
  const begunAt = performance.now()
  try {
    // Asked by the name that it serves under: one that was adopted is not in the catalog.
    const [serving] = await vllm.models(modelsLimitS, signal)
    if (serving === undefined) return { warm: false, words: `${head}: serves nothing` }
    const { completionTokens } = await vllm.complete(serving.id, warmPrompt, maxTokens, config.read().settings.warm_s, signal)
    const words = `${head}: ${serving.id} gave ${completionTokens} tokens in ${((performance.now() - begunAt) / 1000).toFixed(1)} s`
    return { warm: completionTokens > 0, words }
  } catch (error) {
    if (signal.aborted) throw error
    return { warm: false, words: `${head}: ${model ?? 'its model'}: ${error instanceof Error ? error.message : String(error)}` }
  } finally {
    await vllm.close()
  }
}
