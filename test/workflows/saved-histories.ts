import { readdirSync, readFileSync } from 'node:fs'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { expect } from 'vitest'
import { workflowBundle } from '../../scripts/workflow-bundle.ts'

const folder = new URL('../histories/', import.meta.url)

/** Saved by the integration lane with `SPARK_KEEP_HISTORIES=1`: the files of this kind. */
export const savedHistories = (kind: string): string[] => readdirSync(folder).filter((file) => file.startsWith(`${kind}-`))

/** The workflows as they are now, for replays in this process; the path of the bundle. */
export async function bundleToReplay(): Promise<string> {
  const silent = new DefaultLogger('ERROR', () => undefined)
  Runtime.install({ logger: silent, telemetryOptions: { logging: { filter: 'OFF' } }, shutdownSignals: [] })
  return await workflowBundle(silent)
}

/** A worker may take over after any task of this history, and goes the same way as the first one did. `idPrefix` is that of such workflows' ids. */
export async function replayEverywhere(file: string, codePath: string, idPrefix: string): Promise<void> {
  const events = historyFromJSON(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).events ?? []
  const ends = [...events.flatMap((event, i) => (event.workflowTaskCompletedEventAttributes == null ? [] : [i + 1])), events.length]
  const prefixes = ends.map((end) => ({ workflowId: `${idPrefix}/saved/${file}/${String(end)}`, history: { events: events.slice(0, end) } }))
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, prefixes)) expect(error).toBeUndefined()
}
