import { setTimeout as delay } from 'node:timers/promises'
import { defaultPayloadConverter, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { statusNames } from '../../domain/closed-swap.ts'
import { taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { asClosedDownload, Download, DownloadBeat, downloadWorkflowId, withBeat } from '../../domain/storage/download.ts'
import { workflowTypes, type DownloadRequest } from '../../workflows/messages.ts'
import { heartbeatOf } from './heartbeat.ts'
import type { TemporalLink } from './link.ts'

type ExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo

/** So many runs are read for the list; of each download the last is shown. */
const mostListed = 100
/** A workflow that has ended its download tells of it, and closes. */
const closesWithin_ms = 4_000
/** Beside the limit of the bytes: checks before, and an end with a host that is away. */
const margin_ms = 3_600_000

/** Downloads of one cluster, each a durable workflow. Reading them needs no worker. All throw `temporal_down`. */
export class Downloads {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  /** `joined`: the same was under way, and is left as it is. One that is just telling of its end is waited for. Throws `download_running` where it does not come to it. */
  async start(request: DownloadRequest): Promise<{ joined: boolean; download: Download }> {
    const until = performance.now() + closesWithin_ms
    for (;;) {
      const started = await this.#startOrJoin(request)
      if (!started.joined || started.download.state !== 'done') return started
      if (performance.now() > until) throw new Problem('download_running', 'The last one has ended and is still being told of', {}, 5)
      await delay(100)
    }
  }

  async #startOrJoin(request: DownloadRequest): Promise<{ joined: boolean; download: Download }> {
    const id = request.record.download_id
    try {
      await this.#link.call((client) =>
        client.workflow.start(workflowTypes.download, {
          workflowId: downloadWorkflowId(this.#clusterId, id),
          taskQueue: taskQueueOf(this.#clusterId),
          args: [request],
          workflowExecutionTimeout: request.limitS * 1000 + margin_ms,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          memo: { download: request.record },
        }),
      )
      return { joined: false, download: request.record }
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
      return { joined: true, download: await this.read(id) }
    }
  }

  /** As it is now. Throws `unknown_download`. */
  async read(id: string): Promise<Download> {
    try {
      const description = await this.#link.call((client) => client.workflow.getHandle(downloadWorkflowId(this.#clusterId, id)).describe())
      const record = asClosedDownload(
        Download.parse(description.memo?.['download']),
        description.status.name,
        description.closeTime?.getTime() ?? null,
      )
      return withBeat(record, heartbeatOf(description, DownloadBeat))
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new Problem('unknown_download', `No download ${id} is known`)
      throw error
    }
  }

  /** The last one of each host and repository, those under way first. */
  async list(): Promise<Download[]> {
    const page = await this.#link.call(({ workflowService }) =>
      workflowService.listWorkflowExecutions({
        namespace: this.#link.namespace,
        query: `WorkflowType = '${workflowTypes.download}' AND WorkflowId STARTS_WITH '${downloadWorkflowId(this.#clusterId, '')}'`,
        pageSize: mostListed,
      }),
    )
    const last = new Map<string, Download>()
    for (const record of page.executions.flatMap(recordOf)) {
      const known = last.get(record.download_id)
      if (known === undefined || known.started_at < record.started_at) last.set(record.download_id, record)
    }
    const now = [...last.values()].map((record) => (record.state === 'running' ? this.read(record.download_id) : Promise.resolve(record)))
    return (await Promise.all(now)).toSorted((a, b) => order(a).localeCompare(order(b)) || b.started_at.localeCompare(a.started_at))
  }

  /** Asks it to end. Throws `unknown_download`, `download_ended`. */
  async cancel(id: string): Promise<Download> {
    const { state, outcome } = await this.read(id)
    if (state === 'done') throw new Problem('download_ended', `It ended as ${outcome ?? 'unknown'}`, { outcome })
    await this.#link.call((client) => client.workflow.getHandle(downloadWorkflowId(this.#clusterId, id)).cancel())
    return await this.read(id)
  }
}

const order = ({ state }: Download): string => (state === 'running' ? '0' : '1')

function recordOf({ memo, status, closeTime }: ExecutionInfo): Download[] {
  const payload = memo?.fields?.['download']
  const record = Download.safeParse(payload == null ? undefined : defaultPayloadConverter.fromPayload(payload))
  if (!record.success) return [] // of another version, or started by hand
  return [asClosedDownload(record.data, statusNames[status ?? 0], closeTime?.seconds == null ? null : Number(closeTime.seconds) * 1000)]
}
