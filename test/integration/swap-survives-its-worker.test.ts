import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStage, type Stage } from './stage.ts'

const limits = { timeout: 60_000 }
let stage: Stage
beforeAll(async () => {
  stage = await startStage({ worker: false, load_s: 14, settings: { launch_s: 80, launch_stall_s: 60 } })
})
afterAll(() => stage.close())

test.each(['gemma-3-27b', 'qwen3-30b-a3b-fp8'])(
  'a worker killed while %s loads: the next one attaches to the same container, and one engine was started',
  async (model) => {
    const before = stage.events('spark-1', 'engine_start').length
    const first = stage.spawnWorker()
    await stage.surveyed()
    const swap = await stage.startSwap(model)
    await expect.poll(() => stage.events('spark-1', 'engine_start').length, limits).toBe(before + 1)
    await expect.poll(() => swap.log(), limits).toMatch(/launch .*Loading safetensors/)
    await first.kill()

    const second = stage.spawnWorker()
    expect(await swap.result()).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target' } })
    expect(swap.log()).toMatch(/attached to the container/)
    expect(stage.events('spark-1', 'engine_start')).toHaveLength(before + 1)
    expect(await stage.serves('spark-1')).not.toBeNull()
    await second.kill()
  },
  120_000,
)
