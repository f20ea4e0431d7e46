import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1', 'spark-2'] })
})
afterAll(() => stage.close())

test('two hosts are swapped at the same time, each with its own model', async () => {
  const swaps = await Promise.all([stage.swap('qwen3-30b-a3b-fp8', { hosts: ['spark-1'] }), stage.swap('gemma-3-27b', { hosts: ['spark-2'] })])
  expect(swaps.map((swap) => swap.outcome)).toEqual(['completed', 'completed'])
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8' })
  expect(await stage.serves('spark-2')).toMatchObject({ root: 'google/gemma-3-27b-it' })
})

test('a model that is to run on both is refused before anything is touched: its launcher knows one host only', async () => {
  const swap = await stage.swap('house-fine-tune', { hosts: ['spark-1', 'spark-2'] })
  expect(swap).toMatchObject({
    outcome: 'preflight_failed',
    cause: { code: 'too_many_hosts' },
    left: { 'spark-1': 'previous', 'spark-2': 'previous' },
  })
})

test('with one host powered off the other swaps, and a swap on the dead one says that it cannot be reached', async () => {
  await stage.host('spark-2').powerOff()
  expect(await stage.swap('house-fine-tune', { hosts: ['spark-1'] })).toMatchObject({ outcome: 'completed' })
  const swap = await stage.swap('house-fine-tune', { hosts: ['spark-2'] })
  expect(swap).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'host_unreachable' } })
  expect(await stage.serves('spark-1')).toMatchObject({ id: 'house' })
})
