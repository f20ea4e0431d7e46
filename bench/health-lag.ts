import { z } from 'zod'
import type { Swap } from '../domain/swap.ts'
import type { Measure } from './measure.ts'
import { median } from './percentile.ts'
import { quickStage } from './quick-stage.ts'
import type { Stage } from './stage.ts'
import { swapAsCaller } from './swap-caller.ts'

const models = ['qwen3-30b-a3b-fp8', 'gemma-3-27b', 'gpt-oss-120b', 'mistral-small-3.2', 'qwen3-coder-30b-fp8']
const swaps = 10
const host = 'spark-1'
const Healthy = z.object({ event: z.literal('engine_healthy'), at_ms: z.number(), model: z.string() })

/** P2. From the moment at which an engine serves, by its host's own record, to the start of the next phase, by the swap's. One clock: one machine. */
export const healthLag: Measure = {
  id: 'P2',
  about: 'the lag from an engine that is healthy to the next phase',
  async take(workshop) {
    const stage = await workshop.stage(quickStage)
    const lags_ms: number[] = []
    for (let i = 0; i < swaps; i += 1) {
      const model = models[i % models.length] ?? ''
      const { swap } = await swapAsCaller(stage.url, { model, hosts: [host] })
      const lag_ms = await lagOf(stage, swap)
      workshop.say(`   ${model}: ${lag_ms} ms`)
      lags_ms.push(lag_ms)
    }
    const note = `${swaps} swaps, both launchers`
    workshop.report({ name: 'health_lag_median_ms', value: median(lags_ms), goal: { atMost: 250 }, note })
    workshop.report({ name: 'health_lag_max_ms', value: Math.max(...lags_ms), goal: { atMost: 250 }, note })
  },
}

async function lagOf(stage: Stage, swap: Swap): Promise<number> {
  const startOf = (name: string): number => Date.parse(swap.phases.find((phase) => phase.name === name)?.started_at ?? '')
  const events = await stage.hostEvents(host)
  const healthyAt = events
    .flatMap((event) => Healthy.safeParse(event).data?.at_ms ?? [])
    .findLast((at) => at >= startOf('launch') && at <= Date.parse(swap.ended_at ?? ''))
  if (healthyAt === undefined) throw new Error(`${host} has no record of an engine that became healthy in swap ${swap.swap_id}`)
  return startOf('warm') - healthyAt
}
