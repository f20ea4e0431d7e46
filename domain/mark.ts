import type { ClusterId, SwapId } from './names.ts'

/**
 * What every changing command on a host carries (ARBITER.md F2): compared in this order under the host's lock.
 * `step` grows through a swap, restore included; `attempt` is the activity's attempt.
 */
export interface Mark {
  readonly clusterId: ClusterId
  readonly fence: number
  readonly step: number
  readonly attempt: number
}

/** Written on the host before a launch (ARBITER.md F5), so that a later attempt recognises its own container. */
export interface StepMarker {
  readonly cluster_id: ClusterId
  readonly swap: SwapId
  readonly fence: number
  readonly step: number
  readonly attempt: number
  readonly model: string
  readonly container: string
}

/** −1, 0 or 1, by fence, then step, then attempt. */
export function compareMarks(a: Omit<Mark, 'clusterId'>, b: Omit<Mark, 'clusterId'>): number {
  return Math.sign(a.fence - b.fence || a.step - b.step || a.attempt - b.attempt)
}
