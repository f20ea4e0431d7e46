import { arbiterWorkflowId, swapWorkflowId } from '../domain/names.ts'
import { arbiterRunsOf } from './arbiter-runs.ts'
import { runLoad, type ContentionSummary } from './load-job.ts'
import type { Measure, Workshop } from './measure.ts'
import { cpuTimesOf } from './process-time.ts'
import { quickStage } from './quick-stage.ts'
import type { Stage } from './stage.ts'
import { swapAsCaller } from './swap-caller.ts'

/** A pair, so that one of the two is surely another model than the one that serves. */
const models = ['qwen3-coder-30b-fp8', 'gemma-3-27b']
/** What `--operations` may say otherwise: 100,000 take some minutes. */
const usualOperations = 20_000
const parts = 10
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

/** In ten parts, one after the other: the first and the last are compared by their latency, and by the CPU time of an operation, which says the same on a busy machine. */
async function reportFlatness(workshop: Workshop, stage: Stage, operations: number): Promise<void> {
  const client = await stage.temporal()
  const arbiter = arbiterWorkflowId(stage.config().cluster.clusterId)
  const runsBefore = await arbiterRunsOf(client, arbiter)
  const done: Part[] = []
  for (let part = 1; part <= parts; part += 1) {
    done.push(await partOf(stage, operations / parts))
    workshop.say(
      `   ${(operations / parts) * part} operations: p50 ${done.at(-1)?.p50_ms.toFixed(1)} ms, ${done.at(-1)?.cpu_ms.toFixed(2)} ms of CPU each`,
    )
  }
  const runs = (await arbiterRunsOf(client, arbiter)) - runsBefore
  const [first, last] = [done[0], done.at(-1)]
  if (first === undefined || last === undefined) throw new Error('nothing was done')
  const [worst, failures] = [Math.max(...done.map(({ max_ms }) => max_ms)), done.reduce((sum, part) => sum + part.failures, 0)]
  const latency = `p50 of the last ${operations / parts} ${last.p50_ms.toFixed(1)} ms, of the first ${first.p50_ms.toFixed(1)} ms`
  const tail = `p99 of the last ${last.p99_ms.toFixed(0)}, max of all ${worst.toFixed(0)} ms; ${failures} failed`
  workshop.report({ name: 'lock_flatness_ratio', value: last.p50_ms / first.p50_ms, goal: { atMost: 1.2 }, note: `${latency}; ${tail}` })
  workshop.report({
    name: 'lock_cpu_flatness_ratio',
    value: last.cpu_ms / first.cpu_ms,
    goal: { atMost: 1.2 },
    note: `an operation of the last ${operations / parts} takes ${last.cpu_ms.toFixed(2)} ms of CPU, of the first ${first.cpu_ms.toFixed(2)} ms`,
  })
  workshop.report({ name: 'continue_as_new', value: runs, goal: null, note: `while ${callers} callers did ${operations} operations` })
}

type Part = ContentionSummary & { readonly cpu_ms: number }

async function partOf({ instance }: Stage, operations: number): Promise<Part> {
  const before = await cpuTimesOf()
  const { loop } = await runLoad({ via: 'http', ports: [instance.port], callers, rounds: 0, loop: { operations, limit_s: 540 } })
  const after = await cpuTimesOf()
  if (loop === null || loop.operations < operations) throw new Error(`only ${loop?.operations ?? 0} of ${operations} operations were done in time`)
  const cpu_s = after.api + after.worker + after.temporal - before.api - before.worker - before.temporal
  return { ...loop, cpu_ms: (cpu_s * 1000) / loop.operations }
}
