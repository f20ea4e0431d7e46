import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.close())

test('a swap on launch-cluster.sh ends completed, and the port serves the model', async () => {
  const swap = await stage.swap('qwen3-30b-a3b-fp8')
  expect(swap).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target' }, cause: null })
  expect(await stage.serves('spark-1')).toEqual({ id: stage.model('qwen3-30b-a3b-fp8').served_name, root: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8' })
})
