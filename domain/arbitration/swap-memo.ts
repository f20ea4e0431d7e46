import { z } from 'zod'
import type { Deployment } from '../deployment.ts'
import type { ContainerMark } from '../host-facts.ts'
import { Model } from '../model.ts'
import { HostName, Sha256, SwapId } from '../names.ts'
import { OnDrainTimeout, OnFailure, Swap } from '../swap.ts'
import type { FoundSwap } from './recovery.ts'

const Request = z.object({
  swapId: SwapId,
  model: z.string().nullable(),
  hosts: z.array(HostName).min(1),
  tokenHash: Sha256.nullable(),
  holder: z.string().nullable(),
  schedule: z.string().nullable(),
  reason: z.string().nullable(),
  onFailure: OnFailure,
  onDrainTimeout: OnDrainTimeout,
  drainS: z.number(),
  acceptedAt: z.number(),
  queueLimitS: z.number(),
  deadlineS: z.number(),
  requestHash: Sha256.optional(),
  joinable: z.string().nullable().optional(),
  ignoreEstimate: z.boolean().optional(),
})

/** The memo of a swap's workflow, as anyone may find it: written by this version or by an earlier one. */
const Memo = z.object({ swap: Swap, request: Request.optional().catch(undefined), snapshot: z.unknown().optional() })
const Snapshot = z.union([Model, z.object({ model: Model }).transform((wrapped) => wrapped.model)])

/** What a fresh arbiter has to know of an open swap (ARBITER.md E4); null when it occupies nothing any more, or can't be read. */
export function foundSwap(memo: unknown): FoundSwap | null {
  const read = Memo.safeParse(memo)
  if (!read.success || read.data.request === undefined || read.data.swap.state === 'done') return null
  const { swap, request } = read.data
  if (swap.state === 'queued' || swap.fence === null) return { request, running: null }
  const { fence, affected_hosts: affectedHosts, phase } = swap
  const startedAt = Date.parse(swap.phases.find((one) => one.started_at !== null)?.started_at ?? swap.requested_at)
  const deadlineAt = swap.deadline_at === null ? startedAt + request.deadlineS * 1000 : Date.parse(swap.deadline_at)
  return { request, running: { fence, affectedHosts, phase, startedAt, deadlineAt } }
}

/**
 * The deployment that a marked container belongs to, with what the memo of its swap still knows. The memo has the snapshot of what the swap launched last,
 * the restored model's after a restore; it counts only for a container that is marked with that model. `container` is null where there is none.
 */
export function deploymentOf(mark: ContainerMark, container: string | null, host: HostName, memo: unknown): Deployment {
  const read = Memo.safeParse(memo)
  const swap = read.success ? read.data.swap : null
  const snapshot = read.success ? Snapshot.safeParse(read.data.snapshot) : null
  const putBack = swap?.previous.flatMap(({ model, hosts }) => (model === mark.model ? [hosts] : [])) ?? []
  const proven = swap?.outcome === 'completed' || swap?.outcome === 'restored'
  return {
    model: mark.model,
    hosts: [swap?.model === mark.model ? swap.hosts : [], ...putBack].find((hosts) => hosts.includes(host)) ?? [host],
    swapId: mark.swap,
    fence: mark.fence,
    validatedAt: proven && swap.ended_at !== null ? Date.parse(swap.ended_at) : null,
    adopted: false,
    container,
    snapshot: snapshot?.success === true && snapshot.data.key === mark.model ? snapshot.data : null,
  }
}
