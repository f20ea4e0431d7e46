import { describe, expect, test } from 'vitest'
import { clearingPlan, goalOn, withRoomFor, type ClearingFacts } from '../../domain/clearing-plan.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { GiB } from '../../domain/memory.ts'
import { modelWith } from './launchers/sample.ts'

const both = ['spark-1', 'spark-2']
const own = modelWith({ key: 'own', launcher: 'command', launch: { start: 'a', stop: 'b', status: 'c' }, port: 9000 })
const held = (hosts: string[], more: Partial<Deployment> = {}): Deployment => ({
  ...{
    model: 'old',
    hosts,
    swapId: 'swap-0001',
    fence: 1,
    validatedAt: 1,
    adopted: false,
    container: 'vllm_old',
    snapshot: modelWith({ key: 'old' }),
  },
  ...more,
})
const plan = (change: Partial<ClearingFacts>) =>
  clearingPlan({ clusterId: 'home', model: modelWith(), hosts: ['spark-1'], affectedHosts: both, displaced: [], memoryFloorGib: 8, ...change })
const on = (host: string, change: Partial<ClearingFacts>) => {
  const found = plan(change).hosts.find((one) => one.host === host)
  if (found === undefined) throw new Error(`no ${host} in the plan`)
  return found
}

describe('a model on two hosts', () => {
  test('is cleared from both, also from the one that is no target, its worker before its head', () => {
    const displaced = [held(['spark-2', 'spark-1'])]
    expect(on('spark-1', { displaced })).toMatchObject({ target: true, head: false, containers: ['vllm_old', 'vllm_node'] })
    expect(on('spark-2', { displaced })).toMatchObject({ target: false, head: true, containers: ['vllm_old'] })
  })

  test('after its own launch is cleared by its own order, whatever was there before', () => {
    const displaced = [held(['spark-2', 'spark-1'])]
    expect(on('spark-1', { displaced, hosts: both, running: 'model' }).head).toBe(true)
    expect(on('spark-2', { displaced, hosts: both, running: 'model' }).head).toBe(false)
  })

  test('needs its share of memory on each; what comes back needs it on its own hosts', () => {
    const model = modelWith({ memory_gib: 100, knobs: { gpu_memory_utilization: 0.1, extra_args: [] } })
    const wide = plan({ hosts: both, model })
    const [first, second] = wide.hosts
    if (first === undefined || second === undefined) throw new Error('two hosts')
    expect(goalOn(wide, first, 120 * GiB).memory?.bytes).toBe(58 * GiB)
    const back = withRoomFor(wide, [{ model, hosts: ['spark-1'] }])
    expect(back.hosts.map((host) => goalOn(back, host, 120 * GiB).memory?.bytes ?? null)).toEqual([108 * GiB, null])
  })
})

test('the ports that must be free are those of what goes and of what comes; null is the host’s own', () => {
  const elsewhere = held(['spark-1'], { snapshot: modelWith({ port: 8000 }) })
  expect(on('spark-1', { displaced: [elsewhere] }).ports).toEqual([8000, null])
  expect(on('spark-1', { displaced: [held(['spark-1'], { snapshot: null })] }).ports).toEqual([null])
  expect(on('spark-2', {}).ports).toEqual([])
})

test('what has no container is stopped by its own command, and by no container’s name', () => {
  const displaced = [held(['spark-1'], { snapshot: own, container: null })]
  const here = on('spark-1', { displaced })
  expect(here.commands).toEqual([{ model: own, hosts: ['spark-1'] }])
  expect(on('spark-1', { model: own }).containers).toEqual([])
  expect(on('spark-1', { model: own }).commands).toEqual([{ model: own, hosts: ['spark-1'], begun: false }])
})

test('what a swap itself began by command is stopped whatever its status says', () => {
  const displaced = [held(['spark-1'], { snapshot: own, container: null })]
  expect(on('spark-1', { displaced, model: own, running: 'model' }).commands).toEqual([{ model: own, hosts: ['spark-1'], begun: true }])
})
