import { readdirSync, readFileSync } from 'node:fs'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, expect, test } from 'vitest'
import { workflowBundle } from '../../scripts/workflow-bundle.ts'

/** Saved by the integration lane with `SPARK_KEEP_HISTORIES=1`, one a branch of the story. A change that these cannot follow would break swaps under way. */
const folder = new URL('../histories/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.startsWith('swap-'))

let codePath: string
beforeAll(async () => {
  const silent = new DefaultLogger('ERROR', () => undefined)
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF' } }, shutdownSignals: [] })
  codePath = await workflowBundle(silent)
}, 60_000)

test('every branch has its history', () => {
  const branches = ['completed', 'unloaded', 'restored', 'restore-failed', 'left-empty', 'failed', 'preflight-failed', 'timed-out', 'worker-lost']
  const cancels = ['cancelled-in-queue', 'cancelled-in-stop', 'cancelled-in-launch']
  expect(files.sort()).toEqual([...branches, ...cancels].map((branch) => `swap-${branch}.json`).sort())
})

test.each(files)('%s is replayed to its end', async (file) => {
  const history = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
  const workflowId = `swap/saved/${file}`
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, [{ workflowId, history }])) expect(error).toBeUndefined()
})

test.each(files)('a worker that takes over anywhere in %s goes the same way', async (file) => {
  const history = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
  const events = history.events ?? []
  const ends = events.flatMap((event, i) => (event.workflowTaskCompletedEventAttributes == null ? [] : [i + 1]))
  const prefixes = ends.map((end) => ({ workflowId: `swap/saved/${file}/${end}`, history: { events: events.slice(0, end) } }))
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, prefixes)) expect(error).toBeUndefined()
})
