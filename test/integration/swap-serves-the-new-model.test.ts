import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.close())

const launchCluster = 'qwen3-30b-a3b-fp8'
const plainDocker = 'gemma-3-27b'

test('a swap through launch-cluster.sh completes, and the port serves that model', async () => {
  const swap = await stage.swap(launchCluster)
  expect(swap).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target' }, cause: null })
  expect(swap.phases.map(({ name, state }) => `${name} ${state}`)).toEqual([
    ...['preflight done', 'stop done', 'launch done', 'warm done', 'validate done', 'restore skipped', 'notify done'],
  ])
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8' })
})

test('the next swap takes the place of the first: the old engine has ended before the new one begins', async () => {
  const swap = await stage.swap(plainDocker)
  expect(swap).toMatchObject({ outcome: 'completed', previous: [{ model: launchCluster, hosts: ['spark-1'] }] })
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
  const engines = stage.events('spark-1', 'engine_start', 'engine_exit').map(({ event }) => event)
  expect(engines).toEqual(['engine_start', 'engine_exit', 'engine_start'])
})

test('the arbiter knows what the host holds by the time anyone is told', async () => {
  const { deployments, active } = await stage.state()
  expect(active).toEqual([])
  expect(deployments).toMatchObject([{ model: plainDocker, hosts: ['spark-1'], adopted: false }])
})

test('a swap to what is served already is answered without one, and restart makes one all the same', async () => {
  const look = { ageMs: 100, healthy: true }
  expect((await stage.requestSwap(plainDocker, { look })).answer).toMatchObject({ kind: 'already_serving' })
  expect(await stage.swap(plainDocker, { look, restart: true })).toMatchObject({ outcome: 'completed', previous: [{ model: plainDocker }] })
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
})

test('a model in a folder on the host is served under its own path', async () => {
  expect(await stage.swap('house-fine-tune')).toMatchObject({ outcome: 'completed' })
  expect(await stage.serves('spark-1')).toEqual({ id: 'house', root: '/models/house-llama-3.1-8b' })
})

test('an unload leaves the host empty, with its port free', async () => {
  const running = await stage.startSwap(null)
  const swap = await running.result()
  await running.keepHistory('unloaded')
  expect(swap).toMatchObject({ model: null, outcome: 'completed', left: { 'spark-1': 'empty' } })
  expect(swap.phases.filter((phase) => phase.state === 'skipped').map((phase) => phase.name)).toEqual(['launch', 'warm', 'validate', 'restore'])
  expect(await stage.serves('spark-1')).toBeNull()
  expect((await stage.state()).deployments).toEqual([])
})

describe('launch-cluster.sh of another time', () => {
  const starts = (): number => stage.events('spark-1', 'engine_start').length
  afterAll(() => stage.host('spark-1').installLauncher('autumn'))

  test('that of summer starts a model as today’s does', async () => {
    stage.host('spark-1').installLauncher('summer')
    expect(await stage.swap(launchCluster)).toMatchObject({ outcome: 'completed', left: { 'spark-1': 'target' } })
    expect(await stage.serves('spark-1')).toMatchObject({ root: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8' })
  })

  test.each([
    ['january', 'launcher_outdated', /too old: .*--solo.*`git pull` in .*spark-vllm-docker/],
    ['unheard-of', 'launcher_missing', /not understood/],
    ['none', 'launcher_missing', /not there/],
  ] as const)('that of %s is refused before anything is touched, and what runs goes on', async (generation, code, message) => {
    stage.host('spark-1').installLauncher(generation)
    const before = starts()
    const swap = await stage.swap('gpt-oss-120b')
    expect(swap).toMatchObject({
      outcome: 'preflight_failed',
      left: { 'spark-1': 'previous' },
      cause: { code, message: expect.stringMatching(message) },
    })
    expect(swap.cause?.advice).not.toBe('')
    expect(starts()).toBe(before)
    expect(await stage.serves('spark-1')).toMatchObject({ root: 'Qwen/Qwen3-30B-A3B-Instruct-2507-FP8' })
  })
})

test('a swap costs at most 120 events of history', async () => {
  const running = await stage.startSwap(launchCluster)
  await running.result()
  await running.keepHistory('completed')
  const { events } = await running.handle.fetchHistory()
  expect(events?.length).toBeLessThanOrEqual(120)
})
