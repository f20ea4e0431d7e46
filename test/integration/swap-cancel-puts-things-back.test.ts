import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Swap } from '../../domain/swap.ts'
import type { RunningSwap } from './running-swap.ts'
import { startStage, type Stage } from './stage.ts'

const previous = 'gemma-3-27b'
const heldInValidate = { repo: 'Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8', image: 'vllm-node', checks: [{ prompt: 'slow:60', contains: 'never' }] }
let stage: Stage
let enginesBefore: number
beforeAll(async () => {
  stage = await startStage({
    slowWarm_s: 60,
    settings: { drain_s: 60, warm_s: 60, validate_s: 60, launch_stall_s: 60 },
    models: { 'held-in-validate': heldInValidate },
  })
  await stage.swap(previous)
})
afterAll(() => stage.close())
beforeEach(() => {
  stage.host('spark-1').behave({ load_s: 0.2 })
  enginesBefore = engineStarts()
})

const patiently = { timeout: 30_000 }
const engineStarts = (): number => stage.events('spark-1', 'engine_start').length

async function cancelled(swap: RunningSwap): Promise<Swap> {
  await swap.handle.cancel()
  const record = await swap.result()
  expect(record).toMatchObject({ outcome: 'cancelled', cause: { code: 'cancelled' }, left: { 'spark-1': 'previous' } })
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
  expect((await stage.state()).deployments).toMatchObject([{ model: previous }])
  return record
}

test('cancelled in preflight, nothing was touched', async () => {
  stage.host('spark-1').freeze(true)
  const swap = await stage.startSwap('qwen3-30b-a3b-fp8')
  await swap.inPhase('preflight')
  const ending = swap.handle.cancel().then(() => swap.result())
  await expect(ending).resolves.toMatchObject({ outcome: 'cancelled', left: { 'spark-1': 'previous' } })
  stage.host('spark-1').freeze(false)
  expect(engineStarts()).toBe(enginesBefore)
})

test('cancelled while requests drain, the running model is left alone', async () => {
  const user = stage.keepBusy('spark-1', 60)
  await expect.poll(() => stage.openRequests('spark-1'), patiently).toBe(1)
  const swap = await stage.startSwap('qwen3-30b-a3b-fp8')
  await swap.inPhase('stop')
  await cancelled(swap)
  expect(engineStarts()).toBe(enginesBefore)
  await user.leave()
  await swap.keepHistory('cancelled-in-stop')
})

test('cancelled while the new model loads, it is stopped with proof and the previous one put back', async () => {
  stage.host('spark-1').behave({ load_s: 60 })
  const swap = await stage.startSwap('qwen3-30b-a3b-fp8')
  await swap.inPhase('launch')
  await expect.poll(engineStarts, patiently).toBe(enginesBefore + 1)
  stage.host('spark-1').behave({ load_s: 0.2 })
  const record = await cancelled(swap)
  expect(record.phases.find((phase) => phase.name === 'restore')?.state).toBe('done')
  await swap.keepHistory('cancelled-in-launch')
})

test('cancelled in warm-up, the previous model is put back', async () => {
  const swap = await stage.startSwap('demo-slow-warm')
  await swap.inPhase('warm')
  await cancelled(swap)
})

test('cancelled in validation, the previous model is put back', async () => {
  const swap = await stage.startSwap('held-in-validate')
  await swap.inPhase('validate')
  await cancelled(swap)
})

test('cancelled in the queue, it ends cancelled and never touches a host', async () => {
  stage.host('spark-1').behave({ load_s: 60 })
  const running = await stage.startSwap('qwen3-30b-a3b-fp8')
  const queued = await stage.startSwap('house-fine-tune', { onBusy: 'queue' })
  expect((await queued.record()).state).toBe('queued')
  await queued.handle.cancel()
  expect(await queued.result()).toMatchObject({ outcome: 'cancelled', fence: null, left: {} })
  await queued.keepHistory('cancelled-in-queue')
  await expect.poll(engineStarts, patiently).toBe(enginesBefore + 1)
  stage.host('spark-1').behave({ load_s: 0.2 })
  await cancelled(running)
})
