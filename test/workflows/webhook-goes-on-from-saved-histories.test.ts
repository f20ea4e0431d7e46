import { readdirSync, readFileSync } from 'node:fs'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, expect, test } from 'vitest'
import { workflowBundle } from '../../scripts/workflow-bundle.ts'

/** Saved by the integration lane with `SPARK_KEEP_HISTORIES=1`. A delivery is under way for up to three days: each later version must go on with it. */
const folder = new URL('../histories/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.startsWith('webhook-'))

let codePath: string
beforeAll(async () => {
  const silent = new DefaultLogger('ERROR', () => undefined)
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF' } }, shutdownSignals: [] })
  codePath = await workflowBundle(silent)
}, 60_000)

test('every branch has its history', () => {
  const branches = ['delivered-late', 'failed', 'switched-off', 'dropped', 'attempt-lost']
  expect(files.toSorted()).toEqual(branches.map((branch) => `webhook-${branch}.json`).toSorted())
})

test.each(files)('a worker that takes over anywhere in %s goes the same way, to its end', async (file) => {
  const events = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).events ?? []
  const ends = [...events.flatMap((event, i) => (event.workflowTaskCompletedEventAttributes == null ? [] : [i + 1])), events.length]
  const prefixes = ends.map((end) => ({ workflowId: `webhook/saved/${file}/${String(end)}`, history: { events: events.slice(0, end) } }))
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, prefixes)) expect(error).toBeUndefined()
})
