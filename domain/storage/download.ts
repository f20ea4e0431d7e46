import { z } from 'zod'
import { Cause, causeOf } from '../errors.ts'
import { HostName, ModelKey, Rfc3339, rfc3339, type ClusterId, type Millis } from '../names.ts'

/** Names its host and repository: there is one at a time of each, and one that was asked for again is the same. */
export const DownloadId = z
  .string()
  .max(300)
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}~[A-Za-z0-9][\w.-]*--[A-Za-z0-9][\w.-]*$/, 'a download id')

export const downloadIdOf = (host: HostName, repo: string): string => `${host}~${repo.replace('/', '--')}`
export const downloadWorkflowId = (clusterId: ClusterId, id: string): string => `download/${clusterId}/${id}`

const Bytes = z.int().min(0).nullable()

const CopyRecord = z.object({ host: HostName, state: z.enum(['pending', 'running', 'done', 'failed']), bytes: Bytes })

/** A download as REST, pages and its own memo show it. */
export const Download = z.object({
  download_id: DownloadId,
  model: ModelKey,
  repo: z.string(),
  host: HostName,
  copies: z.array(CopyRecord).meta({ description: 'Other hosts that it is copied to afterwards' }),
  state: z.enum(['running', 'done']),
  outcome: z.enum(['completed', 'failed', 'cancelled']).nullable(),
  phase: z.enum(['check', 'fetch', 'copy']).nullable(),
  bytes: Bytes.meta({ description: 'On the disk, unfinished files counted' }),
  total_bytes: Bytes.meta({ description: 'Of the repository; null where Hugging Face could not be asked' }),
  bytes_per_s: z.number().nullable(),
  /** Since when no byte came. */
  still_since: Rfc3339.nullable(),
  tool: z.string().nullable(),
  detail: z.string().nullable(),
  cause: Cause.nullable(),
  holder: z.string(),
  started_at: Rfc3339,
  ended_at: Rfc3339.nullable(),
})
export type Download = z.infer<typeof Download>

/** What the activity that waits for bytes heartbeats; the record is merged with it while it runs. */
export const DownloadBeat = z.object({
  download_phase: z.enum(['fetch', 'copy']),
  target: HostName,
  bytes: Bytes,
  bytes_per_s: z.number().nullable(),
  still_since: Rfc3339.nullable(),
  tool: z.string().nullable(),
  detail: z.string().nullable(),
})
export type DownloadBeat = z.infer<typeof DownloadBeat>

/** Body of `POST /api/models/{key}/download`. */
export const DownloadBody = z.strictObject({
  hosts: z
    .array(HostName)
    .min(1)
    .max(16)
    .optional()
    .meta({ description: 'Each of them downloads; without it, the first host of the model’s placement' }),
  copy_to: z
    .array(HostName)
    .max(15)
    .optional()
    .meta({ description: 'Hosts that it is copied to over the fast link; without it and without `hosts`, the others of the placement' }),
})
export type DownloadBody = z.infer<typeof DownloadBody>

export const DownloadList = z.object({ downloads: z.array(Download) })
export const DownloadsStarted = z.object({
  downloads: z.array(Download.extend({ joined: z.boolean().meta({ description: 'It was under way already' }) })),
})
export type DownloadsStarted = z.infer<typeof DownloadsStarted>

/** Which hosts download, and where each copies to. */
export function downloadsFor(placement: readonly HostName[], { hosts, copy_to }: DownloadBody): { host: HostName; copyTo: HostName[] }[] {
  const [head, ...others] = hosts ?? placement
  if (head === undefined) return []
  const copyTo = [...new Set(copy_to ?? (hosts === undefined ? placement.slice(1) : []))]
  const fetching = hosts === undefined ? [] : [...new Set(others)].filter((host) => host !== head && !copyTo.includes(host))
  return [{ host: head, copyTo: copyTo.filter((host) => host !== head) }, ...fetching.map((host) => ({ host, copyTo: [] }))]
}

export const startedDownload = (about: Pick<Download, 'model' | 'repo' | 'host' | 'holder'>, copyTo: readonly HostName[], now: Millis): Download => ({
  download_id: downloadIdOf(about.host, about.repo),
  ...about,
  copies: copyTo.map((host) => ({ host, state: 'pending', bytes: null })),
  ...{ state: 'running', outcome: null, phase: 'check', bytes: null, total_bytes: null, bytes_per_s: null, still_since: null },
  ...{ tool: null, detail: null, cause: null, started_at: rfc3339(now), ended_at: null },
})

/** The record with what its activity last told. */
export function withBeat(record: Download, beat: DownloadBeat | null): Download {
  if (beat === null || record.state === 'done' || record.phase !== beat.download_phase) return record
  const { bytes_per_s, still_since, tool, detail } = beat
  const told = { ...record, bytes_per_s, still_since, tool, detail }
  if (beat.download_phase === 'fetch') return { ...told, bytes: beat.bytes }
  return { ...told, copies: record.copies.map((copy) => (copy.host === beat.target ? { ...copy, bytes: beat.bytes } : copy)) }
}

/** A record whose workflow was closed before it could say how it ended. */
export const asClosedDownload = (record: Download, status: string, closedAt: Millis | null): Download =>
  status === 'RUNNING' || record.state === 'done'
    ? record
    : {
        ...record,
        ...{ state: 'done', outcome: 'failed', phase: null, bytes_per_s: null, still_since: null },
        cause: causeOf(status === 'TIMED_OUT' ? 'timed_out' : 'terminated', `Its workflow ended as ${status.toLowerCase()}`),
        ended_at: closedAt === null ? null : rfc3339(closedAt),
      }
