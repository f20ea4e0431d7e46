import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkWorkflowId } from '../../domain/names.ts'
import type { PlanReport } from '../../domain/swap.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
  await stage.swap('gemma-3-27b')
})
afterAll(() => stage.close())

const check = (model: string | null): Promise<PlanReport> =>
  stage.client.workflow.execute('check', {
    workflowId: checkWorkflowId(stage.clusterId, `check-${String(model)}`),
    taskQueue: stage.taskQueue,
    args: [{ clusterId: stage.clusterId, model, hosts: ['spark-1'], onFailure: 'restore' }],
  })

test('a dry run lists every check and the exact commands, what it would replace and how that would come back', async () => {
  const report = await check('qwen3-30b-a3b-fp8')
  expect(report.ok).toBe(true)
  expect(report.checks.map((one) => one.check)).toEqual([
    'reach',
    'fence',
    'docker',
    'container',
    'port',
    'launcher',
    'image',
    'weights',
    'disk',
    'memory',
  ])
  expect(report.previous).toEqual([{ model: 'gemma-3-27b', hosts: ['spark-1'], restorable: true }])
  expect(report.plan.map(({ phase }) => phase)).toEqual(['stop', 'launch', 'launch', 'warm', 'validate', 'validate', 'restore'])
  expect(report.plan[0]?.command).toBe('docker stop --time 15 vllm_node')
  expect(report.plan[1]?.command).toContain('vllm serve Qwen/Qwen3-30B-A3B-Instruct-2507-FP8')
  expect(report.plan[6]?.command).toContain('vllm serve google/gemma-3-27b-it')
})

test('a dry run names what would fail', async () => {
  const report = await check('deepseek-r1-llama-70b')
  expect(report.ok).toBe(false)
  expect(report.checks.filter((one) => !one.ok)).toMatchObject([{ check: 'weights', cause: { code: 'weights_missing' } }])
  expect((await check('glm-4.5-air-fp8')).checks.filter((one) => !one.ok)).toMatchObject([{ check: 'weights', cause: { code: 'weights_missing' } }])
})

test('a dry run changes nothing on the host, takes no fence and leaves no event', async () => {
  const changes = (): number => stage.events('spark-1', 'container_run', 'container_exit', 'container_removed', 'engine_start', 'engine_exit').length
  const before = { changes: changes(), fence: (await stage.ssh.marker('spark-1')).fence, audit: await stage.audit() }
  await check('mistral-small-3.2')
  await check(null)
  expect({ changes: changes(), fence: (await stage.ssh.marker('spark-1')).fence, audit: await stage.audit() }).toEqual(before)
  expect(await stage.serves('spark-1')).toMatchObject({ root: 'google/gemma-3-27b-it' })
})
