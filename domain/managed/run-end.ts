import type { SwapId } from '../names.ts'

/** How a managed run came out. `skipped`: it did nothing, because it was refused or had nothing to do. */
export interface RunEnd {
  readonly state: 'ok' | 'failed' | 'skipped'
  readonly swapId: SwapId | null
  readonly detail: string
}

export const ok = (detail: string, swapId: SwapId | null = null): RunEnd => ({ state: 'ok', swapId, detail })
export const failed = (detail: string, swapId: SwapId | null = null): RunEnd => ({ state: 'failed', swapId, detail })
export const skipped = (detail: string, swapId: SwapId | null = null): RunEnd => ({ state: 'skipped', swapId, detail })
