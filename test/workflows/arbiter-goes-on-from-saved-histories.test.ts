import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, expect, test } from 'vitest'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { workflowBundle } from '../../scripts/workflow-bundle.ts'

const folder = fileURLToPath(new URL('../histories', import.meta.url))
const silent = new DefaultLogger('ERROR')
const saved = readdirSync(folder).filter((file) => file.startsWith('arbiter-'))
let codePath: string

beforeAll(async () => {
  Runtime.install({ logger: silent })
  codePath = await workflowBundle(silent)
}, 60_000)

test('there are histories of a run that gave over to the next, of one that took over, of one that was lost; with events told and without', () => {
  expect(saved.length).toBeGreaterThanOrEqual(9)
  const all = saved.map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
  expect(all.some((text) => text.includes('EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW'))).toBe(true)
  expect(all.some((text) => text.includes('"continuedExecutionRunId":"0'))).toBe(true)
  expect(all.some((text) => text.includes('EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED'))).toBe(true)
  expect(all.some((text) => text.includes('drainOutbox') && text.includes('EVENT_TYPE_TIMER_FIRED'))).toBe(true)
  expect(all.some((text) => !text.includes('EVENT_TYPE_MARKER_RECORDED'))).toBe(true)
})

test.each(saved)('%s is decided again as it was', async (file) => {
  const history: unknown = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))
  await Worker.runReplayHistory({ workflowBundle: { codePath }, replayName: file }, history, arbiterWorkflowId('any'))
})
