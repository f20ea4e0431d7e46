import { arbiterWorkflowId, swapWorkflowId } from '../domain/names.ts'
import { arbiterRunsOf } from './arbiter-runs.ts'
import { runLoad } from './load-job.ts'
import type { Measure, Workshop } from './measure.ts'
import { quickStage } from './quick-stage.ts'
import type { Stage } from './stage.ts'
import { swapAsCaller } from './swap-caller.ts'

/** A pair, so that one of the two is surely another model than the one that serves. */
const models = ['qwen3-coder-30b-fp8', 'gemma-3-27b']
/** What `--operations` may say otherwise: 100,000 take some minutes. */
const usualOperations = 20_000
/** Few, so that batches are small and the arbiter's history grows through several continue-as-new. */
const callers = 16

/** P6. What a swap leaves in Temporal's history, and whether the arbiter slows as its own history grows. */
export const history: Measure = {
  id: 'P6',
  about: `history of a swap, and the lock's latency over ${usualOperations} operations (or --operations N)`,
  async take(workshop) {
    const stage = await workshop.stage(quickStage)
    await reportEvents(workshop, stage)
    await reportFlatness(workshop, stage, workshop.operations ?? usualOperations)
  },
}

async function reportEvents(workshop: Workshop, stage: Stage): Promise<void> {
  const client = await stage.temporal()
  const { clusterId } = stage.config().cluster
  for (const model of models) {
    const { swap } = await swapAsCaller(stage.url, { model, hosts: ['spark-1'] })
    const handle = client.workflow.getHandle(swapWorkflowId(clusterId, swap.swap_id))
    await handle.result()
    const { historyLength, historySize } = await handle.describe()
    workshop.report({
      name: swap.previous.length === 0 ? 'events_first_swap' : 'events_swap',
      value: historyLength,
      goal: { atMost: 120 },
      note: `${model}, ${((historySize ?? 0) / 1000).toFixed(0)} kB`,
    })
  }
}

async function reportFlatness(workshop: Workshop, stage: Stage, operations: number): Promise<void> {
  const client = await stage.temporal()
  const arbiter = arbiterWorkflowId(stage.config().cluster.clusterId)
  const runsBefore = await arbiterRunsOf(client, arbiter)
  const { loop } = await runLoad({
    via: 'http',
    ports: [stage.instance.port],
    callers,
    rounds: 0,
    loop: { operations, limit_s: Math.max(540, operations / 50) },
  })
  const runs = (await arbiterRunsOf(client, arbiter)) - runsBefore
  if (loop === null || loop.operations < operations) throw new Error(`only ${loop?.operations ?? 0} of ${operations} operations were done in time`)
  const { firstTenthP50_ms: first, lastTenthP50_ms: last, p99_ms, max_ms, failures } = loop
  workshop.report({
    name: 'lock_flatness_ratio',
    value: last / first,
    goal: { atMost: 1.2 },
    note: `p50 of the last ${operations / 10} ${last.toFixed(1)} ms, of the first ${first.toFixed(1)} ms; p99 ${p99_ms.toFixed(0)}, max ${max_ms.toFixed(0)} ms; ${failures} failed`,
  })
  workshop.report({ name: 'continue_as_new', value: runs, goal: null, note: `while ${callers} callers did ${loop.operations} operations` })
}
