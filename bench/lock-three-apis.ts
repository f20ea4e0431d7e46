import { runLoad } from './load-job.ts'
import { reportMistakes } from './lock-contention.ts'
import type { Measure } from './measure.ts'
import { quickStage } from './quick-stage.ts'

const callers = 50
const apis = 3
const rounds = 100
const loop = { operations: Number.MAX_SAFE_INTEGER, limit_s: 10 }

/** P4. The same fifty, spread over three API processes on one Temporal: three batches are under way at a time where P3 has one. */
export const lockThreeApis: Measure = {
  id: 'P4',
  about: `the lock: ${callers} contenders by ${apis} API processes`,
  async take(workshop) {
    const stage = await workshop.stage(quickStage)
    try {
      const ports = await stage.apis(apis)
      const by = { via: 'http', callers, ports } as const
      const { rounds: at } = await runLoad({ ...by, rounds, loop: null })
      const { loop: on } = await runLoad({ ...by, rounds: 0, loop })
      if (at === null || on === null) throw new Error('the load process left something out')
      const note = `${callers} at once, ${rounds} rounds`
      workshop.report({ name: 'lock_three_apis_p50_ms', value: at.p50_ms, goal: { atMost: 25 }, note })
      workshop.report({ name: 'lock_three_apis_p99_ms', value: at.p99_ms, goal: { atMost: 50 }, note })
      const latencies = `p50 ${on.p50_ms.toFixed(1)}, p99 ${on.p99_ms.toFixed(1)} ms`
      workshop.report({ name: 'lock_three_apis_ops_per_s', value: on.perSecond, goal: { atLeast: 1500 }, note: latencies })
      reportMistakes(workshop, [at, on], rounds, 'three_apis_')
    } finally {
      await stage.oneApiAgain()
    }
  },
}
