import { memoryUtilization } from './launchers/vllm-serve.ts'
import type { Model } from './model.ts'

export const GiB = 1024 ** 3

/** What a host must have available before a launch, in bytes, and why. */
export interface MemoryNeed {
  readonly bytes: number
  readonly because: string
}

/**
 * The larger of two demands: what the model is known to need beside the floor, and the share of all memory that vLLM wants to find free
 * at its start (it refuses otherwise). A model on several hosts has its share of what is known on each.
 */
export function memoryNeed(model: Model, floorGib: number, memTotalBytes: number, hosts = 1): MemoryNeed {
  const known = (model.memory_gib ?? model.weights_gib ?? 0) / hosts
  const floor = { bytes: (known + floorGib) * GiB, because: known === 0 ? 'the floor' : `the model's ${gib(known * GiB)} and the floor` }
  const utilization = memoryUtilization(model)
  const share = { bytes: utilization * memTotalBytes, because: `gpu_memory_utilization ${utilization}` }
  return share.bytes > floor.bytes ? share : floor
}

export const gib = (bytes: number): string => `${(bytes / GiB).toFixed(1)} GiB`
