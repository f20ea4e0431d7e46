import { createHash } from 'node:crypto'
import { cancellationSignal } from '@temporalio/activity'
import type { ArbiterView } from '../../domain/arbitration/command.ts'
import { causeOf } from '../../domain/errors.ts'
import { guardian, guardianActor, type Incident } from '../../domain/guardian/incident.ts'
import { tokensOf } from '../../domain/guardian/wedge.ts'
import { swapWorkflowId, type SwapId } from '../../domain/names.ts'
import { requestIdentity, swapWish } from '../../domain/swap-wish.ts'
import { Swap, SwapBody } from '../../domain/swap.ts'
import { readEngineMetrics } from '../../domain/telemetry/engine-metrics.ts'
import type { DepsWithArbiter } from '../deps.ts'
import { failure, withFailures } from '../failure.ts'
import { askGate, refusedBy, viewOf, type Refused } from '../managed/gate.ts'
import { Vllm } from '../vllm.ts'
import { engineUrl } from '../../domain/engine-address.ts'

export interface GuardianSwapRequest {
  readonly incident: Incident
  readonly swapId: SwapId
}

export type GuardianSwapAnswer =
  | { readonly kind: 'accepted'; readonly swapId: SwapId; readonly limitS: number }
  /** There is nothing to do any more. */
  | { readonly kind: 'over'; readonly why: string }
  | Refused

const lookLimitMs = 10_000

/** The guardian's swap passes the same gate as everybody's (ARBITER.md G1), never with force, and only while what it is meant to mend is as it was. */
export const createGuardianSwapActivities = (deps: DepsWithArbiter) => ({
  /** Asks for it once. Fails retryably while the arbiter cannot decide. */
  askGuardianSwap: (request: GuardianSwapRequest): Promise<GuardianSwapAnswer> => withFailures(() => ask(deps, request)),
})

async function ask(deps: DepsWithArbiter, { incident, swapId }: GuardianSwapRequest): Promise<GuardianSwapAnswer> {
  const state = deps.config.read()
  if (state.kind !== 'ready') throw failure(causeOf(state.code, state.message))
  const model = incident.model === null ? undefined : state.models.get(incident.model)
  if (model === undefined) return over(`${String(incident.model)} is not in the catalog`)
  const body = SwapBody.parse({
    ...{ model: model.key, hosts: incident.hosts, restart: true, on_failure: 'leave', on_busy: 'reject', drain_s: 0 },
    reason: incident.kind === 'lost' ? 'it was lost' : 'its engine is wedged',
  })
  const requestHash = createHash('sha256')
    .update(requestIdentity(body, incident.hosts, null, false))
    .digest('hex')
  const parts = {
    body,
    model,
    hosts: incident.hosts,
    swapId,
    requestHash,
    tokenHash: null,
    holder: guardian,
    schedule: null,
    force: false,
    look: null,
  }
  const wish = swapWish({ ...parts, by: guardianActor }, state)
  const accepted = { kind: 'accepted', swapId, limitS: state.settings.queue_limit_s + wish.queueLimitS + wish.deadlineS } as const
  const swaps = await swapsSince(deps, incident)
  // An attempt whose answer was lost may have started it long ago, and the gate forgets in time.
  if (swaps.some((swap) => swap.swap_id === swapId)) return accepted
  const settled = await isSettled(deps, incident, await viewOf(deps, incident.clusterId), swaps)
  if (settled !== null) return over(settled)
  const answer = await askGate(deps, wish)
  return answer.kind === 'accepted' ? { ...accepted, swapId: answer.swapId } : refusedBy(answer, deps.arbiter.arbiterNow())
}

const over = (why: string): GuardianSwapAnswer => ({ kind: 'over', why })

/** Why there is nothing left to mend; null while there is. */
async function isSettled(deps: DepsWithArbiter, incident: Incident, view: ArbiterView, swaps: readonly Swap[]): Promise<string | null> {
  const { settings } = deps.config.read()
  if (!(incident.kind === 'lost' ? settings.put_back : settings.guardian_restart)) return 'the setting was switched off'
  const others = swaps.find((swap) => swap.holder !== guardian && swap.affected_hosts.some((host) => incident.hosts.includes(host)))
  if (others !== undefined) return `${others.holder ?? 'somebody'} has asked for a swap there since (${others.swap_id})`
  const held = view.deployments.find((one) => one.hosts.some((host) => incident.hosts.includes(host)))
  if (held !== undefined && held.swapId !== incident.swapId) return `${held.model ?? 'another model'} is there now`
  if (held?.adopted === true && held.container !== incident.container) return `${held.model ?? 'another model'} was started there by somebody else`
  return await answersAgain(deps, incident)
}

async function answersAgain({ hosts, config }: DepsWithArbiter, { kind, hosts: [head], model, tokens }: Incident): Promise<string | null> {
  const state = config.read()
  if (head === undefined || state.kind !== 'ready') return null
  const vllm = new Vllm(engineUrl(hosts.host(head), state.models.get(model ?? '') ?? null))
  try {
    const limit = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(lookLimitMs)])
    if (kind === 'lost') return (await vllm.healthy(limit)) ? 'something serves there again' : null
    const engine = readEngineMetrics((await vllm.metrics(limit)) ?? '')
    if (engine?.running === 0) return 'no request is open any more'
    return tokens !== null && engine !== null && tokensOf(engine) !== tokens ? 'it makes tokens again' : null
  } finally {
    await vllm.close()
  }
}

/** The swaps of this cluster that were asked for since. */
async function swapsSince({ client }: DepsWithArbiter, { clusterId, at }: Incident): Promise<Swap[]> {
  const query = `WorkflowId STARTS_WITH '${swapWorkflowId(clusterId, '')}' AND StartTime > '${new Date(at).toISOString()}'`
  const swaps: Swap[] = []
  for await (const { memo } of client.workflow.list({ query })) {
    const read = Swap.safeParse(memo?.['swap'])
    if (read.success) swaps.push(read.data)
    if (swaps.length >= 200) break
  }
  return swaps
}
