import type { Deployment } from './deployment.ts'
import type { Model } from './model.ts'
import type { ClusterId, HostName, SwapId } from './names.ts'
import type { SwapLimits } from './swap-limits.ts'

/** The catalog and settings as they were when a swap got its `go`: it works on these, whatever is edited meanwhile. */
export interface SwapSnapshot {
  readonly model: Model | null
  readonly limits: SwapLimits
  readonly memoryFloorGib: number
  readonly extraDockerArgs: string
  /** The launch limit of models that have none of their own; unknown in histories of before. */
  readonly usualLaunchS?: number
}

/** What a step of a swap says of itself to the host; the attempt is the activity's own. */
export interface StepOfSwap {
  readonly clusterId: ClusterId
  readonly swapId: SwapId
  readonly fence: number
  readonly step: number
}

/** One preflight's question. */
export interface PreflightInput {
  readonly swapId: SwapId | null
  readonly snapshot: SwapSnapshot
  readonly hosts: readonly HostName[]
  readonly affectedHosts: readonly HostName[]
  readonly displaced: readonly Deployment[]
  readonly clusterId: ClusterId
  readonly onFailure: 'restore' | 'leave'
  /** The memory estimate is told and refuses nothing. */
  readonly ignoreEstimate?: boolean
}
