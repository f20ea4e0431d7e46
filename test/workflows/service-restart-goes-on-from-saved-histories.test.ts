import { readdirSync, readFileSync } from 'node:fs'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, expect, test } from 'vitest'
import { workflowBundle } from '../../scripts/workflow-bundle.ts'

/** Saved by the integration lane with `SPARK_KEEP_HISTORIES=1`. A restart that is under way when a worker is replaced must go on. */
const folder = new URL('../histories/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.startsWith('service-'))

let codePath: string
beforeAll(async () => {
  const silent = new DefaultLogger('ERROR', () => undefined)
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF' } }, shutdownSignals: [] })
  codePath = await workflowBundle(silent)
}, 60_000)

test('every branch has its history', () => {
  const branches = ['restarted', 'refused']
  expect(files.sort()).toEqual(branches.map((branch) => `service-${branch}.json`).sort())
})

test.each(files)('a worker that takes over anywhere in %s goes the same way', async (file) => {
  const { events } = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))
  const all = events ?? []
  const ends = all.flatMap((event, i) => (event.workflowTaskCompletedEventAttributes == null ? [] : [i + 1]))
  const prefixes = [...ends, all.length].map((end) => ({
    workflowId: `restart/saved/${file}/${String(end)}`,
    history: { events: all.slice(0, end) },
  }))
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, prefixes)) expect(error).toBeUndefined()
})
