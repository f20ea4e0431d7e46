import type { Swap } from '../domain/swap.ts'
import { BareScript } from './bare-script.ts'
import type { Measure, Workshop } from './measure.ts'
import { median } from './percentile.ts'
import type { StageOptions } from './stage.ts'
import { swapAsCaller, type SwapSeen } from './swap-caller.ts'

/** All by launch-cluster.sh and with the same share of the memory. Every swap so replaces another model than its own. */
const ourModels = ['qwen3-30b-a3b-fp8', 'qwen3-coder-30b-fp8']
const bareModel = 'qwen3.6-35b-a3b-nvfp4'
const host = 'spark-1'
const atRealPace = (load_s: string): StageOptions => ({ load_s, timeScale: 1 })

/** P1. A swap by Spark Control against bare-swap.sh, in turns on the same host, each displacing what the other left. */
export const swapWall: Measure = {
  id: 'P1',
  about: 'wall time of a swap, against bash and ssh',
  async take(workshop) {
    const loaded = await pairs(workshop, atRealPace('20'), 3)
    const note = `${loaded.ours_s.toFixed(2)} s against ${loaded.bare_s.toFixed(2)} s, ${loaded.phases}`
    workshop.report({ name: 'swap_wall_ratio_20s_load', value: loaded.ours_s / loaded.bare_s, goal: { atMost: 1.02 }, note })
    workshop.report({ name: 'swap_added_s_20s_load', value: loaded.ours_s - loaded.bare_s, goal: null })
    const unloaded = await pairs(workshop, atRealPace('0'), 5)
    const noteOf0 = `${unloaded.ours_s.toFixed(2)} s against ${unloaded.bare_s.toFixed(2)} s, ${unloaded.phases}`
    workshop.report({ name: 'swap_added_s_0s_load', value: unloaded.ours_s - unloaded.bare_s, goal: null, note: noteOf0 })
  },
}

/** Medians of so many pairs. */
async function pairs(workshop: Workshop, options: StageOptions, count: number): Promise<{ ours_s: number; bare_s: number; phases: string }> {
  const stage = await workshop.stage(options)
  const { cluster, models: catalog, keysDir, memoryFloorGib } = stage.config()
  const target = cluster.hosts.find(({ name }) => name === host)
  const theirs = catalog.get(bareModel)
  if (target === undefined || theirs === undefined) throw new Error(`the demo has no ${host}, or no model ${bareModel}`)
  const bare = await BareScript.open({ clusterId: cluster.clusterId, host: target, keysDir, memoryFloorGib })
  const ours: SwapSeen[] = []
  const bares: number[] = []
  try {
    for (let i = 0; i <= count; i += 1) {
      const bare_s = await bare.swap(theirs)
      const seen = await swapAsCaller(stage.url, { model: ourModels[i % ourModels.length] ?? '', hosts: [host] })
      if (i === 0) continue // the first swap of a host displaces nothing
      bares.push(bare_s)
      ours.push(seen)
      workshop.say(`   load ${options.load_s} s: bare ${bares.at(-1)?.toFixed(2) ?? ''} s, ours ${ours.at(-1)?.wall_s.toFixed(2) ?? ''} s`)
    }
  } finally {
    await bare.close()
  }
  return { ours_s: median(ours.map(({ wall_s }) => wall_s)), bare_s: median(bares), phases: phasesOf(ours.map(({ swap }) => swap)) }
}

/** Median seconds of each phase. */
function phasesOf(swaps: readonly Swap[]): string {
  const names = ['preflight', 'stop', 'launch', 'warm', 'validate', 'notify']
  const took = (swap: Swap, name: string): number[] => {
    const phase = swap.phases.find((one) => one.name === name)
    return phase?.started_at == null || phase.ended_at === null ? [] : [(Date.parse(phase.ended_at) - Date.parse(phase.started_at)) / 1000]
  }
  return names
    .map((name) => {
      const times = swaps.flatMap((swap) => took(swap, name))
      return times.length === 0 ? '' : `${name} ${median(times).toFixed(2)}`
    })
    .filter((text) => text !== '')
    .join(', ')
}
