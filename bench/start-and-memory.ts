import { newInstance } from './instance.ts'
import type { Measure, Workshop } from './measure.ts'
import { NpmStart } from './npm-start.ts'
import { memoryOf } from './process-memory.ts'
import { swapAsCaller } from './swap-caller.ts'

const models = ['mistral-small-3.2', 'gemma-3-27b']

/** P5. `npm start` on a fresh data directory and again on the same one, and the memory of API and worker after some work. */
export const startAndMemory: Measure = {
  id: 'P5',
  about: 'start to ready, and the memory of API and worker',
  async take(workshop) {
    const instance = await newInstance()
    try {
      const first = await NpmStart.untilReady(instance)
      workshop.report({ name: 'first_start_s', value: first.ready_s, goal: null, note: 'npm start to /readyz 200, fresh data directory' })
      workshop.report({ name: 'end_s', value: await first.started.end(), goal: { atMost: 10 }, note: 'Ctrl-C to the last process gone' })
      const second = await NpmStart.untilReady(instance)
      try {
        workshop.report({ name: 'second_start_s', value: second.ready_s, goal: { atMost: 5 }, note: 'the same data directory' })
        await reportMemory(workshop, second.started, 'rss_ready_mb', null)
        for (const model of models) {
          workshop.say(`   swapping to ${model}`)
          await swapAsCaller(instance.url, { model, hosts: ['spark-1'] })
        }
        await reportMemory(workshop, second.started, 'rss_mb', { atMost: 450 })
      } finally {
        await second.started.end()
      }
    } finally {
      await instance.remove()
    }
  },
}

async function reportMemory(workshop: Workshop, { pid }: NpmStart, name: string, goal: { atMost: number } | null): Promise<void> {
  const [api, worker] = [await memoryOf('api/server.ts', pid), await memoryOf('worker.ts', pid)]
  const parts = `api ${api.rss_mb.toFixed(0)} + worker ${worker.rss_mb.toFixed(0)}${goal === null ? ', idle' : `, after ${models.length} swaps`}`
  const note = `${parts}; shared pages counted once: ${(api.pss_mb + worker.pss_mb).toFixed(0)}`
  workshop.report({ name, value: api.rss_mb + worker.rss_mb, goal, note })
}
