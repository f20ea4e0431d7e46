import { runLoad, type ContentionSummary } from './load-job.ts'
import type { Measure, Workshop } from './measure.ts'
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
    const work = { callers, rounds, loop }
    const { clusterId } = stage.config().cluster
    const decided = await runLoad({ via: 'decide', temporalAddress: stage.instance.temporalAddress, clusterId, ...work })
    const asked = await runLoad({ via: 'http', port: stage.instance.port, ...work })
    if (decided.rounds === null || decided.loop === null || asked.rounds === null || asked.loop === null)
      throw new Error('the load process left something out')

    const besides = (mine: number, theirs: number): string => `${(mine / theirs).toFixed(2)} times the ${theirs.toFixed(1)} of the bare Update`
    workshop.report({
      name: 'lock_p50_ms',
      value: asked.rounds.p50_ms,
      goal: { atMost: 25 },
      note: besides(asked.rounds.p50_ms, decided.rounds.p50_ms),
    })
    workshop.report({
      name: 'lock_p99_ms',
      value: asked.rounds.p99_ms,
      goal: { atMost: 50 },
      note: besides(asked.rounds.p99_ms, decided.rounds.p99_ms),
    })
    workshop.report({
      name: 'lock_ops_per_s',
      value: asked.loop.perSecond,
      goal: { atLeast: 1500 },
      note: `${besides(asked.loop.perSecond, decided.loop.perSecond)}; p50 ${asked.loop.p50_ms.toFixed(1)}, p99 ${asked.loop.p99_ms.toFixed(1)} ms; the callers took ${asked.loopCpu_s.toFixed(1)} s of CPU in ${loop.limit_s} s`,
    })
    reportMistakes(workshop, [asked.rounds, asked.loop, decided.rounds, decided.loop])
  },
}

function reportMistakes(workshop: Workshop, all: readonly ContentionSummary[]): void {
  const sum = (of: (one: ContentionSummary) => number): number => all.reduce((total, one) => total + of(one), 0)
  workshop.report({ name: 'rounds_without_exactly_one_grant', value: sum((one) => one.wrongRounds), goal: { atMost: 0 }, note: `of ${rounds * 2}` })
  const first = all.find((one) => one.firstFailure !== null)?.firstFailure ?? null
  const operations = sum((one) => one.operations)
  const note = `of ${operations}, ${sum((one) => one.grants)} grants${first === null ? '' : `; first: ${first}`}`
  workshop.report({ name: 'failed_answers', value: sum((one) => one.failures), goal: { atMost: 0 }, note })
}
