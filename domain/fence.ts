import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import { compareMarks, type Mark, type StepMarker } from './mark.ts'
import { ClusterId, SwapId } from './names.ts'

const Count = z.int().min(0)

/** The content of a host's fence file (ARBITER.md F1). */
export const StoredFence = z.object({ cluster_id: ClusterId, fence: Count, step: Count, attempt: Count })
export type StoredFence = z.infer<typeof StoredFence>

/** The content of a host's marker file (ARBITER.md F5). */
const StoredMarker = z.object({
  cluster_id: ClusterId,
  swap: SwapId,
  fence: Count,
  step: Count,
  attempt: Count,
  model: z.string(),
  container: z.string(),
})

/** A file's whole block, its newline included: one disk sector, so that it is written wholly or not at all. */
export const blockBytes = 512

/** The mark as the host stores it. Throws when a number is none that the host's shell could compare. */
export function fenceLine(mark: Mark): string {
  const stored = StoredFence.parse({ cluster_id: mark.clusterId, fence: mark.fence, step: mark.step, attempt: mark.attempt })
  return inBlock({ cluster_id: stored.cluster_id, fence: stored.fence, step: stored.step, attempt: stored.attempt })
}

/** The step marker as the host stores it. Throws when it does not fit into its block. */
export const markerLine = (marker: StepMarker): string => inBlock(StoredMarker.parse(marker))

function inBlock(content: object): string {
  const line = JSON.stringify(content)
  if (line.length >= blockBytes || !/^[\x20-\x7e]*$/.test(line)) throw new RangeError(`not ${blockBytes} bytes of ASCII: ${line.slice(0, 200)}`)
  return line
}

/** Reads a fence file's text. `trouble` when there is one that is no fence: it must never count as 0. */
export function readFence(text: string | null): { fence: StoredFence | null; trouble: string | null } {
  if (text === null) return { fence: null, trouble: null }
  const read = StoredFence.safeParse(json(text))
  return read.success
    ? { fence: read.data, trouble: null }
    : { fence: null, trouble: `the fence file holds ${JSON.stringify(text.trim().slice(0, 80))}` }
}

/** Reads a marker file's text. What can't be read is no marker: a later attempt then stops with proof and starts anew. */
export function readMarker(text: string | null): StepMarker | null {
  const read = StoredMarker.safeParse(text === null ? null : json(text))
  return read.success ? read.data : null
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Whether the host would take a command with this mark (ARBITER.md F2, F3). The host decides by itself; this is for looks and tests. */
export function fenceTakes(stored: StoredFence | null, mark: Mark): 'taken' | 'stale_fence' | 'foreign_cluster' {
  if (stored === null) return 'taken'
  if (stored.cluster_id !== mark.clusterId) return 'foreign_cluster'
  return compareMarks(mark, stored) < 0 ? 'stale_fence' : 'taken'
}

/** Why a host did not run a command. The words are those of the fence script. */
export const refusals = {
  stale: 'stale_fence',
  foreign: 'foreign_cluster',
  unwritable: 'fence_unwritable',
  full: 'disk_full',
  locked: 'host_lock_timeout',
} as const satisfies Record<string, ErrorCode>

export type Refusal = keyof typeof refusals
