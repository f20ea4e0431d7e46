import { readdirSync, readFileSync } from 'node:fs'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, expect, test } from 'vitest'
import { workflowBundle } from '../../scripts/workflow-bundle.ts'

/** Saved by the integration lane with `SPARK_KEEP_HISTORIES=1`. The registry lives for ever: each later version must go on with what an earlier one began. */
const folder = new URL('../histories/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.startsWith('schedule-registry-'))

let codePath: string
beforeAll(async () => {
  const silent = new DefaultLogger('ERROR', () => undefined)
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF' } }, shutdownSignals: [] })
  codePath = await workflowBundle(silent)
}, 60_000)

test('a first run and those that follow it have their histories', () => {
  expect(files.toSorted()).toEqual([1, 2, 3].map((run) => `schedule-registry-${run}.json`))
})

test.each(files)('a worker that takes over anywhere in %s goes the same way', async (file) => {
  const events = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).events ?? []
  const ends = [...events.flatMap((event, i) => (event.workflowTaskCompletedEventAttributes == null ? [] : [i + 1])), events.length]
  const prefixes = ends.map((end) => ({ workflowId: `schedule-registry:saved/${file}/${String(end)}`, history: { events: events.slice(0, end) } }))
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, prefixes)) expect(error).toBeUndefined()
})
