import type { HostName, Millis, Sha256, SwapId } from '../names.ts'
import type { Answer, SwapCommand } from './command.ts'
import { affectedBy } from './deployments.ts'
import { overlap, sameHosts, type ArbiterState, type WaitingSwap } from './state.ts'

/** A request that became part of a swap that somebody had asked for before. */
export interface Join {
  /** The id that the request had for itself. */
  readonly id: SwapId
  /** The beginning of its hash: enough to tell another request under the same id. */
  readonly request: string
  readonly swapId: SwapId
  readonly until: Millis
}

type Accepted = Extract<Answer, { kind: 'accepted' }>

const rememberedForMs = 24 * 3_600_000
const mostJoins = 200
const hashPart = 16

/** Mark of a launch identity; null where the swap is one of its own kind, that nobody else can have meant. */
export const joinableAs = ({ identity, restart, force }: Pick<SwapCommand, 'identity' | 'restart' | 'force'>): string | null =>
  restart || force ? null : `${fnv(identity ?? '', 0x81_1c_9d_c5)}${fnv(identity ?? '', 0x5b_d1_e9_95)}`

/** FNV-1a: identities are long, and nobody gains by two that look alike. */
function fnv(text: string, seed: number): string {
  let hash = seed
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/**
 * The swap that this request need not repeat: the last one that would leave these hosts as it wants them, in the same way and under the same token. One that is
 * about to end otherwise is none.
 */
export function joinedBy(state: ArbiterState, command: SwapCommand, targets: readonly HostName[]): WaitingSwap | null {
  const affected = affectedBy(state, targets)
  const last =
    state.queue.findLast((swap) => overlap(affectedBy(state, swap.hosts), affected)) ??
    state.active.find((swap) => overlap(swap.go.affectedHosts, affected) && swap.cancelRequested !== true && swap.phase !== 'restore')
  const mark = joinableAs(command)
  if (last === undefined || mark === null || last.joinable !== mark) return null
  const sameWay =
    last.model === command.model &&
    last.tokenHash === command.tokenHash &&
    last.onFailure === command.onFailure &&
    last.onDrainTimeout === command.onDrainTimeout &&
    last.drainS === command.drainS &&
    (last.ignoreEstimate ?? false) === (command.ignoreEstimate ?? false)
  return sameWay && sameHosts(last.hosts, targets) ? last : null
}

export function rememberJoin(state: ArbiterState, { swapId: id, requestHash }: SwapCommand, swapId: SwapId): ArbiterState {
  const join: Join = { id, request: requestHash.slice(0, hashPart), swapId, until: state.clock + rememberedForMs }
  const joins = [...(state.joins ?? []), join]
  const surplus = joins.length > mostJoins ? (joins.find((one) => !isKeyed(one.id)) ?? joins[0]) : undefined
  return { ...state, joins: joins.filter((one) => one !== surplus) }
}

/** Under an Idempotency-Key a request may come again hours later; any other is repeated at once or never. */
const isKeyed = (id: SwapId): boolean => id.startsWith('key-')

export const joinOf = (state: ArbiterState, id: SwapId): Join | undefined => state.joins?.find((join) => join.id === id)

export const isOfJoin = (join: Join, requestHash: Sha256): boolean => join.request === requestHash.slice(0, hashPart)

/** Of a swap that has ended only its id is known here: its record is its workflow's. */
export const endedSwap = (swapId: SwapId, hosts: readonly HostName[] | null): Accepted => ({
  ...{ kind: 'accepted', swapId, state: 'running', fence: null, hosts: hosts ?? [], position: null },
})
