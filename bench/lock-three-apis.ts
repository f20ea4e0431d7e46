import { runLoad, type ContentionSummary } from './load-job.ts'
import { reportMistakes } from './lock-contention.ts'
import type { Measure } from './measure.ts'
import { quickStage } from './quick-stage.ts'

const callers = 50
const apis = 3
const rounds = 100
const loop = { operations: Number.MAX_SAFE_INTEGER, limit_s: 10 }

/** P4. The same fifty, spread over three API processes on one Temporal, against one process in the same run: three batches are under way at a time instead of one. */
export const lockThreeApis: Measure = {
  id: 'P4',
  about: `the lock: ${callers} contenders by ${apis} API processes`,
  async take(workshop) {
    const stage = await workshop.stage(quickStage)
    const one = await contend([stage.instance.port])
    try {
      const three = await contend(await stage.apis(apis))
      const against = (mine: number, theirs: number): string => `${(mine / theirs).toFixed(2)} times the ${theirs.toFixed(1)} of one process`
      const { at, on } = three
      workshop.report({ name: 'lock_three_apis_p50_ms', value: at.p50_ms, goal: null, note: against(at.p50_ms, one.at.p50_ms) })
      workshop.report({ name: 'lock_three_apis_p99_ms', value: at.p99_ms, goal: null, note: against(at.p99_ms, one.at.p99_ms) })
      const latencies = `p50 ${on.p50_ms.toFixed(1)}, p99 ${on.p99_ms.toFixed(1)} ms`
      const note = `${against(on.perSecond, one.on.perSecond)}; ${latencies}`
      workshop.report({ name: 'lock_three_apis_ops_per_s', value: on.perSecond, goal: null, note })
      reportMistakes(workshop, [at, on], rounds, 'three_apis_')
    } finally {
      await stage.oneApiAgain()
    }
  },
}

async function contend(ports: readonly number[]): Promise<{ at: ContentionSummary; on: ContentionSummary }> {
  const { rounds: at } = await runLoad({ via: 'http', callers, ports, rounds, loop: null })
  const { loop: on } = await runLoad({ via: 'http', callers, ports, rounds: 0, loop })
  if (at === null || on === null) throw new Error('the load process left something out')
  return { at, on }
}
