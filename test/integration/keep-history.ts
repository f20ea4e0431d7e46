import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Client } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'

const folder = fileURLToPath(new URL('../histories', import.meta.url))

/**
 * Saves the history of a workflow's run for the replay tests, as `test/histories/<name>.json`; only where SPARK_KEEP_HISTORIES is set, because a saved
 * history is a promise: the workflows of every later version must still be able to go on from it.
 */
export async function keepHistory(client: Client, name: string, workflowId: string, runId?: string): Promise<void> {
  if (process.env['SPARK_KEEP_HISTORIES'] === undefined) return
  const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
  const text = JSON.stringify(JSON.parse(historyToJSON(history)))
  const anonymous = text
    .replaceAll(`@${hostname()}`, '@somewhere')
    .replaceAll(/"identity":"[^"]*"/g, '"identity":"worker"')
    .replaceAll(/"stackTrace":"(?:[^"\\]|\\.)*"/g, '"stackTrace":""') // it names paths of this machine
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${name}.json`, `${anonymous}\n`)
}

/** Saves all runs of a workflow, oldest first. */
export async function keepRuns(client: Client, name: string, workflowId: string, most: number): Promise<void> {
  if (process.env['SPARK_KEEP_HISTORIES'] === undefined) return
  const runs = []
  for await (const run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runs.push(run)
  runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime())
  for (const [i, run] of runs.slice(0, most).entries()) await keepHistory(client, `${name}-${i + 1}`, workflowId, run.runId)
}
