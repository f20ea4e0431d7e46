import { randomUUID } from 'node:crypto'
import { defaultPayloadConverter, WorkflowNotFoundError } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { z } from 'zod'
import { asClosed, statusNames } from '../../domain/closed-swap.ts'
import { swapWorkflowId, type ClusterId, type SwapId } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import type { SwapProgress } from '../../domain/swap-answer.ts'
import { Swap } from '../../domain/swap.ts'
import { workflowTypes, type SwapMemo } from '../../workflows/messages.ts'
import { Briefly } from '../briefly.ts'
import type { SwapQuery, SwapView } from '../deps.ts'
import { heartbeatOf } from './heartbeat.ts'
import { isRefusal, type TemporalLink } from './link.ts'

/** What the launch activity heartbeats. */
const LaunchProgress = z.object({
  percent: z.number().nullable(),
  stage: z.string(),
  lastLines: z.array(z.string()),
  log_offset: z.number(),
})

type ExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo

/** A swap with what its caller asked for. */
export interface SwapSeen extends SwapView {
  readonly request: SwapMemo['request'] | null
}

/** The swaps of one cluster, read from Temporal's record: no worker is needed. */
export class Swaps {
  readonly #link: TemporalLink
  readonly #clusterId: ClusterId
  readonly #seen = new Briefly<SwapSeen>(500)
  readonly #pages = new Briefly<{ swaps: Swap[]; next: string | null }>(1_000)

  constructor(link: TemporalLink, clusterId: ClusterId) {
    this.#link = link
    this.#clusterId = clusterId
  }

  /** At most half a second old. Throws `unknown_swap`, `temporal_down`. */
  see(id: SwapId): Promise<SwapSeen> {
    return this.#seen.get(id, () => this.#describe(id))
  }

  /** As it is now; who sees it next sees no older one. Throws `unknown_swap`, `temporal_down`. */
  look(id: SwapId): Promise<SwapSeen> {
    const looked = this.#describe(id)
    this.#seen.put(id, looked)
    return looked
  }

  async #describe(id: SwapId): Promise<SwapSeen> {
    try {
      const description = await this.#link.call((client) => client.workflow.getHandle(swapWorkflowId(this.#clusterId, id)).describe())
      const memo = description.memo as Partial<SwapMemo> | undefined // written by our workflow; its record is checked below
      const swap = asClosed(Swap.parse(memo?.swap), description.status.name, description.closeTime?.getTime() ?? null)
      return {
        swap,
        request: memo?.request ?? null,
        progress: swap.state === 'running' ? progressOf(swap, heartbeatOf(description, LaunchProgress)) : null,
      }
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new Problem('unknown_swap', `No swap ${id} is known`)
      throw error
    }
  }

  /** Running ones first, then the last that ended. Throws `temporal_down`, `invalid_request` for a `before` that is none of ours. */
  list(query: SwapQuery): Promise<{ swaps: Swap[]; next: string | null }> {
    return this.#pages.get(JSON.stringify(query), async () => {
      const page = await this.#link.call(({ workflowService }) =>
        workflowService
          .listWorkflowExecutions({
            namespace: this.#link.namespace,
            query: this.#filter(query),
            pageSize: query.limit,
            nextPageToken: Buffer.from(query.before ?? '', 'base64url'),
          })
          .catch((error: unknown) => {
            throw isRefusal(error) ? notListable(query) : error
          }),
      )
      const next = Buffer.from(page.nextPageToken).toString('base64url')
      return { swaps: page.executions.flatMap(recordOf), next: next === '' ? null : next }
    })
  }

  /** Asks the workflow to end gracefully. Throws `unknown_swap`, `temporal_down`. */
  async cancel(id: SwapId, reason: string): Promise<void> {
    try {
      await this.#link.call(({ workflowService }) =>
        workflowService.requestCancelWorkflowExecution({
          namespace: this.#link.namespace,
          workflowExecution: { workflowId: swapWorkflowId(this.#clusterId, id) },
          requestId: randomUUID(),
          reason,
        }),
      )
    } finally {
      this.forget()
    }
  }

  forget(): void {
    this.#seen.forget()
    this.#pages.forget()
  }

  /** Values come from patterns that hold no quote (domain/names.ts), so they cannot leave theirs. */
  #filter({ model, outcome }: SwapQuery): string {
    return [
      `WorkflowType = '${workflowTypes.swap}'`,
      `WorkflowId STARTS_WITH '${swapWorkflowId(this.#clusterId, '')}'`,
      ...(model === undefined ? [] : [`SparkModel = '${model}'`]),
      ...(outcome === undefined ? [] : [`SparkOutcome = '${outcome}'`]),
    ].join(' AND ')
  }
}

/** A page token that is none of Temporal's, or a search attribute that this namespace does not have. */
function notListable({ before }: SwapQuery): Problem {
  const error =
    before !== undefined
      ? { field: 'query before', message: 'is not the `next` of a page' }
      : { field: 'query', message: 'this Temporal namespace cannot be searched by that' }
  return new Problem('invalid_request', `${error.field}: ${error.message}`, { errors: [error] })
}

function recordOf({ memo, status, closeTime }: ExecutionInfo): Swap[] {
  const payload = memo?.fields?.['swap']
  const swap = Swap.safeParse(payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload))
  if (!swap.success) return [] // of another version, or started by hand
  return [asClosed(swap.data, statusNames[status ?? 0], closeTime?.seconds == null ? null : Number(closeTime.seconds) * 1000)]
}

const progressOf = (swap: Swap, beat: z.infer<typeof LaunchProgress> | null): SwapProgress => ({
  phase: swap.phase,
  percent: beat?.percent ?? null,
  stage: beat?.stage ?? swap.phases.find((phase) => phase.name === swap.phase)?.detail ?? null,
  last_lines: beat?.lastLines ?? [],
  log_offset: beat?.log_offset ?? 0,
})
