import { randomUUID } from 'node:crypto'
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client'
import { z } from 'zod'
import { HostAddress, Prepared, VisitBeat, VisitEnd, type DiscoverBody, type PrepareHost } from '../../domain/discovery/visit.ts'
import type { DiscoveryView } from '../../domain/discovery/view.ts'
import { discoverWorkflowId, prepareWorkflowId, rfc3339, taskQueueOf, type ClusterId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import { workflowTypes } from '../../workflows/messages.ts'
import { heartbeatOf } from './heartbeat.ts'
import type { TemporalLink } from './link.ts'

/** Two attempts at a look, and a worker that is restarted meanwhile. */
const limit_ms = 180_000
const Memo = z.object({ host: HostAddress })

/** Looks at machines that are no hosts yet, each a workflow. Reading one needs no worker. */
export class Discoveries {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  /** Begun when this returns. Throws `temporal_down`. */
  async start(host: DiscoverBody): Promise<string> {
    const id = randomUUID()
    const { address, user, port } = host
    await this.#link.call((client) =>
      client.workflow.start(workflowTypes.discover, {
        workflowId: discoverWorkflowId(this.#clusterId, id),
        taskQueue: taskQueueOf(this.#clusterId),
        args: [{ clusterId: this.#clusterId, host }],
        workflowExecutionTimeout: limit_ms,
        memo: { host: { address, user, port } },
      }),
    )
    return id
  }

  /** Throws `unknown_discovery`, `temporal_down`. */
  async read(id: string): Promise<DiscoveryView> {
    return await this.#link.call(async (client) => {
      const handle = client.workflow.getHandle(discoverWorkflowId(this.#clusterId, id))
      try {
        const description = await handle.describe()
        const { memo, status, startTime, closeTime } = description
        const about = { ...nothingYet, discovery_id: id, ...Memo.parse(memo).host, started_at: rfc3339(startTime.getTime()) }
        if (status.name === 'RUNNING') return { ...about, state: 'running', step: heartbeatOf(description, VisitBeat)?.step ?? null }
        const end = await endOf(handle.result(), status.name)
        return { ...about, ...end, ended_at: closeTime === undefined ? null : rfc3339(closeTime.getTime()) }
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw new Problem('unknown_discovery')
        throw error
      }
    })
  }

  /** Makes the place of the fence on hosts that were chosen. Throws `temporal_down`, `worker_down`. */
  async prepare(hosts: readonly PrepareHost[]): Promise<Prepared[]> {
    const handle = await this.#link.call((client) =>
      client.workflow.start(workflowTypes.prepareForCluster, {
        workflowId: prepareWorkflowId(this.#clusterId, randomUUID()),
        taskQueue: taskQueueOf(this.#clusterId),
        args: [{ clusterId: this.#clusterId, hosts }],
        workflowExecutionTimeout: 60_000,
      }),
    )
    try {
      return z.array(Prepared).parse(await this.#link.client.withDeadline(Date.now() + 65_000, () => handle.result()))
    } catch (error) {
      if (error instanceof WorkflowFailedError) throw new Problem('worker_down', 'The hosts could not be prepared in time', {}, 5)
      throw error
    }
  }
}

const nothingYet = { step: null, message: null, advice: null, host_key: null, login: null, found: null, ended_at: null }

async function endOf(result: Promise<unknown>, status: string): Promise<Partial<DiscoveryView> & Pick<DiscoveryView, 'state'>> {
  try {
    const end = VisitEnd.parse(await result)
    switch (end.state) {
      case 'unreachable':
        return { state: end.state, message: end.message, advice: end.advice }
      case 'confirm_host_key':
        return { state: end.state, message: end.message, host_key: end.host_key }
      case 'login_refused':
        return { state: end.state, message: end.message, login: end.login }
      case 'found':
        return { state: end.state, found: end.discovery }
    }
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error
    const cause = error.cause?.cause instanceof Error ? error.cause.cause.message : ''
    const late = status === 'TIMED_OUT' ? 'no worker took it up in time' : `it ended as ${status.toLowerCase()}`
    return { state: 'failed', message: cause === '' ? late : cause.slice(0, 300) }
  }
}
