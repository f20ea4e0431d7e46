import { setTimeout as pause } from 'node:timers/promises'
import { Vllm } from './vllm.ts'

const lookEveryMs = 250

/**
 * Waits until an engine has no open requests. True when it has none, or does not say (a dead engine has none); false when some are left after `limitS`.
 * Ends early, with false, when `signal` fires.
 */
export async function drained(baseUrl: string, limitS: number, signal: AbortSignal, onCount: (open: number) => void): Promise<boolean> {
  const vllm = new Vllm(baseUrl)
  const giveUpAt = performance.now() + limitS * 1000
  try {
    for (;;) {
      const open = await vllm.openRequests(signal)
      if (signal.aborted) return false
      if (open === null || open === 0) return true
      onCount(open)
      if (performance.now() >= giveUpAt) return false
      await pause(lookEveryMs)
    }
  } finally {
    await vllm.close()
  }
}
