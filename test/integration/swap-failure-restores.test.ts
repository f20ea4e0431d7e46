import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStage, type Stage } from './stage.ts'

const previous = 'gemma-3-27b'
let stage: Stage
beforeAll(async () => {
  stage = await startStage({
    settings: { launch_stall_s: 2 },
    models: { 'demo-oom-docker': { repo: 'spark-control-demo/oom', launcher: 'docker', image: 'vllm-node' } },
  })
  await stage.swap(previous)
})
afterAll(() => stage.close())

test.each([
  ['demo-gated', 'gated_repo', /gated repo/],
  ['demo-oom', 'out_of_memory', /torch\.OutOfMemoryError/],
  ['demo-oom-docker', 'out_of_memory', /torch\.OutOfMemoryError/],
  ['demo-oom-kill', 'out_of_memory', /exit code -9/],
  ['demo-unsupported-arch', 'unsupported_architecture', /Model architectures/],
  ['demo-never-healthy', 'launch_stalled', null],
  ['demo-wrong-name', 'validate_failed', null],
])('%s ends restored, with the cause %s and the line that tells it', async (model, code, line) => {
  const running = await stage.startSwap(model)
  const swap = await running.result()
  if (model === 'demo-gated') await running.keepHistory('restored')
  expect(swap).toMatchObject({ outcome: 'restored', left: { 'spark-1': 'previous' }, cause: { code } })
  if (line !== null) expect(swap.cause?.line).toMatch(line)
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
  expect((await stage.state()).deployments).toMatchObject([{ model: previous, swapId: swap.swap_id }])
})

test('an engine that dies at its first completion ends restored, its death named', async () => {
  const swap = await stage.swap('demo-crash-in-warmup')
  expect(swap).toMatchObject({ outcome: 'restored', left: { 'spark-1': 'previous' } })
  expect(swap.phases.find((phase) => phase.name === 'warm')?.state).toBe('failed')
  expect(swap.cause?.code).toBe('engine_exited')
})

test('nothing ever ran beside another engine through all these failures', () => {
  let running = 0
  for (const { event } of stage.events('spark-1', 'engine_start', 'engine_exit')) {
    running += event === 'engine_start' ? 1 : -1
    expect(running).toBeLessThanOrEqual(1)
  }
})

test('a previous model that does not come back either is said: restore_failed, the host left empty', async () => {
  rmSync(stage.host('spark-1').file('~/.cache/huggingface/hub/models--google--gemma-3-27b-it'), { recursive: true })
  const running = await stage.startSwap('demo-gated')
  expect(await running.result()).toMatchObject({ outcome: 'restore_failed', left: { 'spark-1': 'empty' }, cause: { code: 'gated_repo' } })
  expect((await running.result()).phases.find((phase) => phase.name === 'restore')).toMatchObject({ state: 'failed' })
  expect(await stage.serves('spark-1')).toBeNull()
  expect((await stage.state()).deployments).toEqual([])
  await running.keepHistory('restore-failed')
  stage.host('spark-1').storeModel('google/gemma-3-27b-it')
  expect(await stage.swap(previous)).toMatchObject({ outcome: 'completed' })
})

test('told to leave it, a failed swap leaves the host empty and says so', async () => {
  const running = await stage.startSwap('demo-gated', { onFailure: 'leave' })
  const swap = await running.result()
  await running.keepHistory('left-empty')
  expect(swap).toMatchObject({ outcome: 'left_empty', left: { 'spark-1': 'empty' }, cause: { code: 'gated_repo' } })
  expect(await stage.serves('spark-1')).toBeNull()
  expect((await stage.state()).deployments).toEqual([])
})

test('with nothing there before, a failed swap leaves the host empty', async () => {
  expect(await stage.swap('demo-gated')).toMatchObject({ outcome: 'left_empty', left: { 'spark-1': 'empty' }, previous: [] })
})

test('each ended swap has one event', async () => {
  const swap = await stage.swap('demo-gated')
  const ends = (await stage.audit()).filter((event) => event.swap_id === swap.swap_id && /complete|failed/.test(event.type))
  expect(ends).toMatchObject([{ type: 'swap_failed', result: 'left_empty', data: { outcome: 'left_empty' } }])
})
