import type { Client } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import proto from '@temporalio/proto'
import type { Logger } from 'pino'

/** What Temporal's own list of workflows can be searched by. All are keywords. */
export const searchAttributes = ['SparkCluster', 'SparkModel', 'SparkPhase', 'SparkOutcome', 'SparkHolder', 'SparkSchedule'] as const

const retentionDays = 30

/**
 * Makes the namespace ours: closed workflows are kept for 30 days, search attributes are registered. Safe to repeat at each boot; the dev server forgets neither, but a
 * namespace starts with neither. Where we may not (Temporal Cloud, a strict server) it says so and goes on: swaps use only what is registered (ARBITER.md A9).
 */
export async function prepareNamespace(client: Client, log: Logger): Promise<void> {
  const { namespace } = client.options
  const { workflowService, operatorService } = client.connection
  const keyword = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
  await orSay(log, 'the retention of the namespace could not be set', () =>
    workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: msToTs(retentionDays * 86_400_000) } }),
  )
  await orSay(log, 'search attributes could not be registered', async () => {
    const missing = searchAttributes.filter(await notIn(client))
    if (missing.length === 0) return
    await operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])) })
  })
}

/** Those of ours that the namespace knows; none when it does not tell. */
export async function registeredAttributes(client: Client): Promise<string[]> {
  try {
    const isMissing = await notIn(client)
    return searchAttributes.filter((name) => !isMissing(name))
  } catch {
    return []
  }
}

async function notIn(client: Client): Promise<(name: string) => boolean> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: client.options.namespace })
  return (name) => !(name in customAttributes)
}

async function orSay(log: Logger, what: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    log.warn({ err: error }, what)
  }
}
