import { runLoad, type ContentionSummary, type LoadJob } from './load-job.ts'
import type { Measure, Workshop } from './measure.ts'
import { cpuTimesOf, type CpuTimes } from './process-time.ts'
import { quickStage } from './quick-stage.ts'

const callers = 50
const rounds = 100
const loop = { operations: Number.MAX_SAFE_INTEGER, limit_s: 10 }

/** P3. Fifty who want the lock at once, over HTTP and, for what HTTP costs, by the arbiter's Update alone. */
export const lockContention: Measure = {
  id: 'P3',
  about: `the lock: ${callers} contenders at once, and as fast as they can`,
  async take(workshop) {
    const stage = await workshop.stage(quickStage)
    const byUpdate = { via: 'decide', callers, temporalAddress: stage.instance.temporalAddress, clusterId: stage.config().cluster.clusterId } as const
    const byHttp = { via: 'http', callers, ports: [stage.instance.port] } as const
    const decided = await contend(byUpdate)
    const asked = await contend(byHttp)

    const besides = (mine: number, theirs: number): string => `${(mine / theirs).toFixed(2)} times the ${theirs.toFixed(1)} of the bare Update`
    const { rounds: at, loop: on } = asked
    workshop.report({ name: 'lock_p50_ms', value: at.p50_ms, goal: { atMost: 25 }, note: besides(at.p50_ms, decided.rounds.p50_ms) })
    workshop.report({ name: 'lock_p99_ms', value: at.p99_ms, goal: { atMost: 50 }, note: besides(at.p99_ms, decided.rounds.p99_ms) })
    const latencies = `p50 ${on.p50_ms.toFixed(1)}, p99 ${on.p99_ms.toFixed(1)} ms`
    const perSecond = { value: on.perSecond, goal: { atLeast: 1500 }, note: `${besides(on.perSecond, decided.loop.perSecond)}; ${latencies}` }
    workshop.report({ name: 'lock_ops_per_s', ...perSecond })
    workshop.report({
      name: 'lock_cpu_ms_per_op',
      value: sumOf(asked.cpu_ms),
      goal: null,
      note: `${namesOf(asked.cpu_ms)}; the bare Update ${namesOf(decided.cpu_ms)}`,
    })
    reportMistakes(workshop, [at, on, decided.rounds, decided.loop], rounds * 2)
  },
}

interface Contended {
  readonly rounds: ContentionSummary
  readonly loop: ContentionSummary
  /** Of one operation in the loop. */
  readonly cpu_ms: CpuTimes & { readonly callers: number }
}

type WithoutWork<J> = J extends unknown ? Omit<J, 'rounds' | 'loop'> : never

async function contend(callersOf: WithoutWork<LoadJob>): Promise<Contended> {
  const inRounds = await runLoad({ ...callersOf, rounds, loop: null })
  const before = await cpuTimesOf()
  const inLoop = await runLoad({ ...callersOf, rounds: 0, loop })
  const after = await cpuTimesOf()
  if (inRounds.rounds === null || inLoop.loop === null) throw new Error('the load process left something out')
  const { operations } = inLoop.loop
  const perOperation = (s: number): number => (s * 1000) / operations
  return {
    rounds: inRounds.rounds,
    loop: inLoop.loop,
    cpu_ms: {
      api: perOperation(after.api - before.api),
      worker: perOperation(after.worker - before.worker),
      temporal: perOperation(after.temporal - before.temporal),
      callers: perOperation(inLoop.loopCpu_s),
    },
  }
}

const sumOf = ({ api, worker, temporal }: CpuTimes): number => api + worker + temporal
const namesOf = (times: Readonly<Record<string, number>>): string =>
  Object.entries(times)
    .map(([name, ms]) => `${name} ${ms.toFixed(2)}`)
    .join(', ')

/** Rounds that did not have exactly one grant, and answers that are neither a grant nor a refusal: there may be none. `prefix` tells two measures apart. */
export function reportMistakes(workshop: Workshop, all: readonly ContentionSummary[], roundsInAll: number, prefix = ''): void {
  const sum = (of: (one: ContentionSummary) => number): number => all.reduce((total, one) => total + of(one), 0)
  const wrong = { value: sum((one) => one.wrongRounds), goal: { atMost: 0 }, note: `of ${roundsInAll}` }
  workshop.report({ name: `${prefix}rounds_without_exactly_one_grant`, ...wrong })
  const first = all.find((one) => one.firstFailure !== null)?.firstFailure ?? null
  const operations = sum((one) => one.operations)
  const note = `of ${operations}, ${sum((one) => one.grants)} grants${first === null ? '' : `; first: ${first}`}`
  workshop.report({ name: `${prefix}failed_answers`, value: sum((one) => one.failures), goal: { atMost: 0 }, note })
}
