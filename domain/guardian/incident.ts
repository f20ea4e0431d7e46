import type { Actor } from '../events.ts'
import type { ClusterId, HostName, Millis, SwapId } from '../names.ts'

/** Something that happened to a deployment and that nobody here did. */
export interface Incident {
  /** Follows from the deployment and from what happened: whoever sees it too means the same. */
  readonly id: string
  readonly kind: 'lost' | 'wedged'
  readonly clusterId: ClusterId
  readonly model: string | null
  readonly hosts: readonly HostName[]
  readonly swapId: SwapId | null
  readonly container: string | null
  /** What was seen, in words. */
  readonly cause: string
  readonly at: Millis
  /** How long it had served by then; null where nobody saw that. */
  readonly servedS: number | null
  /** Of a wedged engine: all tokens that it had made or taken in. */
  readonly tokens: number | null
}

export const guardianWorkflowType = 'guardian'
export const guardianWorkflowId = (clusterId: ClusterId, incidentId: string): string => `guardian/${clusterId}/${incidentId}`

export const guardian = 'guardian'
export const guardianActor: Actor = { name: guardian, address: null }

/** What served for so long was not lost in a row with what was lost before. */
const longEnoughS = 3_600
export const mostInARow = 2

/** The id of the guardian's swap tells the how-many-eth in a row it is: it outlives every process. */
export const guardianSwapId = (incidentId: string, nth: number): SwapId => `${guardian}-${nth}-${incidentId}`

/** The how-many-eth start in a row would be the next one. */
export function nextInARow({ swapId, servedS }: Pick<Incident, 'swapId' | 'servedS'>): number {
  const before = /^guardian-(\d{1,3})-/.exec(swapId ?? '')?.[1]
  return before === undefined || (servedS ?? 0) >= longEnoughS ? 1 : Number(before) + 1
}
