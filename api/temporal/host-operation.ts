import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, WorkflowNotFoundError, type WorkflowStartOptions } from '@temporalio/client'
import { z } from 'zod'
import type { ErrorCode } from '../../domain/errors.ts'
import { rfc3339 } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import type { TemporalLink } from './link.ts'

const Ended = z.object({ state: z.enum(['ok', 'failed', 'skipped']), detail: z.string() })
type HowItIs = { readonly state: 'running'; readonly detail: null } | { readonly state: 'ok' | 'failed'; readonly detail: string }

/** Starts the workflow of a host operation. One that is there already is left as it is. Throws `temporal_down`. */
export async function startOnce(link: TemporalLink, type: string, options: WorkflowStartOptions): Promise<void> {
  try {
    await link.call((client) => client.workflow.start(type, { ...options, workflowIdReusePolicy: 'REJECT_DUPLICATE' }))
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}

/** What its memo says of it, and how it is. Needs no worker. Throws `unknown`, where there is none of that id, and `temporal_down`. */
export async function readOperation<M extends object>(
  link: TemporalLink,
  workflowId: string,
  memoSchema: z.ZodType<M>,
  unknown: ErrorCode,
): Promise<M & HowItIs & { readonly started_at: string; readonly ended_at: string | null }> {
  return await link.call(async (client) => {
    const handle = client.workflow.getHandle(workflowId)
    try {
      const { memo, status, startTime, closeTime } = await handle.describe()
      const about = { ...memoSchema.parse(memo), started_at: rfc3339(startTime.getTime()) }
      if (status.name === 'RUNNING') return { ...about, state: 'running', detail: null, ended_at: null }
      const end = await endOf(handle.result(), status.name)
      return { ...about, ...end, ended_at: closeTime === undefined ? null : rfc3339(closeTime.getTime()) }
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new Problem(unknown)
      throw error
    }
  })
}

async function endOf(result: Promise<unknown>, status: string): Promise<Exclude<HowItIs, { state: 'running' }>> {
  try {
    const { state, detail } = Ended.parse(await result)
    return { state: state === 'ok' ? 'ok' : 'failed', detail }
  } catch (error) {
    if (error instanceof WorkflowFailedError) return { state: 'failed', detail: `its workflow ended as ${status.toLowerCase()}` }
    throw error
  }
}
