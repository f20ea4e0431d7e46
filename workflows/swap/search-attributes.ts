import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common'
import type { SearchAttributePair } from '@temporalio/common'
import type { Swap } from '../../domain/swap.ts'

/** Typed search attributes of a swap: only those that are registered, because one that is not fails the whole upsert (ARBITER.md A9). */
export function searchAttributes(clusterId: string, swap: Swap, registered: readonly string[]): SearchAttributePair[] {
  const values: [string, string | null][] = [
    ['SparkCluster', clusterId],
    ['SparkModel', swap.model],
    ['SparkPhase', swap.phase],
    ['SparkOutcome', swap.outcome],
    ['SparkHolder', swap.holder],
    ['SparkSchedule', swap.schedule],
  ]
  return values.flatMap(([name, value]) =>
    value === null || !registered.includes(name) ? [] : [{ key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD), value }],
  )
}
