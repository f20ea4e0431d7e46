import { setTimeout as delay } from 'node:timers/promises'
import type { SwapId } from '../domain/names.ts'
import { Problem } from '../domain/problem.ts'
import type { SwapStreamEvent, SwapView } from './deps.ts'
import type { SwapLogs } from './swap-log.ts'

const lookEvery_ms = 100
/** A viewer that comes first now gets so much of the log that is there already. */
const firstLogBytes = 64 * 1024

/** One who follows: `wake` ends its wait for news. */
interface Follower {
  wake: () => void
}

interface Watch {
  readonly followers: Set<Follower>
  latest: SwapView | null
  /** What a look met that no later look can mend. */
  broken: Error | null
}

/**
 * Swaps that somebody follows: one poller a swap, however many follow it. An event's id is `<revision>.<log offset>`, both durable, so that any
 * API process goes on after it.
 */
export class SwapWatch {
  readonly #watches = new Map<SwapId, Watch>()
  readonly #look: (id: SwapId) => Promise<SwapView>
  readonly #logs: SwapLogs

  constructor(look: (id: SwapId) => Promise<SwapView>, logs: SwapLogs) {
    this.#look = look
    this.#logs = logs
  }

  /** Events after `lastEventId`, until the swap has ended (the last is `end`) or `signal` fires. A Temporal that is away for a while only delays them. */
  async *follow(id: SwapId, lastEventId: string | null, signal: AbortSignal): AsyncGenerator<SwapStreamEvent> {
    const follower: Follower = { wake: () => undefined }
    const watch = this.#join(id, follower)
    const leave = (): void => follower.wake()
    signal.addEventListener('abort', leave, { once: true })
    try {
      let { revision, offset } = placeOf(lastEventId) ?? (await this.#start(id))
      let shown = ''
      while (!signal.aborted) {
        if (watch.broken !== null) throw watch.broken
        const view = watch.latest
        const idNow = (): string => `${String(revision)}.${String(offset)}`
        if (view === null) {
          await news(follower, signal)
          continue
        }
        if (view.swap.revision > revision) {
          revision = view.swap.revision
          yield { id: idNow(), event: 'swap', data: view.swap }
        }
        const chunk = await this.#logs.after(id, offset)
        if (chunk.lines.length > 0) {
          offset = chunk.offset
          yield { id: idNow(), event: 'log', data: { lines: chunk.lines } }
          continue
        }
        if (view.swap.state === 'done') {
          yield { id: idNow(), event: 'end', data: { outcome: view.swap.outcome } }
          return
        }
        const progress = progressOf(view)
        if (progress !== null && progress.text !== shown) {
          shown = progress.text
          yield { id: idNow(), event: 'progress', data: progress.data }
        }
        await news(follower, signal)
      }
    } finally {
      signal.removeEventListener('abort', leave)
      this.#leave(id, watch, follower)
    }
  }

  async #start(id: SwapId): Promise<{ revision: number; offset: number }> {
    const { offset, lines } = await this.#logs.tail(id, Number.MAX_SAFE_INTEGER, firstLogBytes)
    const shownBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
    return { revision: -1, offset: Math.max(0, offset - shownBytes) }
  }

  #join(id: SwapId, follower: Follower): Watch {
    const known = this.#watches.get(id)
    if (known !== undefined) {
      known.followers.add(follower)
      return known
    }
    const watch: Watch = { followers: new Set([follower]), latest: null, broken: null }
    this.#watches.set(id, watch)
    void this.#poll(id, watch)
    return watch
  }

  #leave(id: SwapId, watch: Watch, follower: Follower): void {
    watch.followers.delete(follower)
    if (watch.followers.size === 0 && this.#watches.get(id) === watch) this.#watches.delete(id)
  }

  async #poll(id: SwapId, watch: Watch): Promise<void> {
    while (watch.followers.size > 0 && watch.broken === null) {
      try {
        watch.latest = await this.#look(id)
      } catch (error) {
        // A part that is away is back some time: the next look finds it.
        if (!(error instanceof Problem)) watch.broken = error instanceof Error ? error : new Error(String(error))
      }
      for (const follower of watch.followers) follower.wake()
      await delay(lookEvery_ms)
    }
  }
}

const progressOf = (view: SwapView | null): { text: string; data: unknown } | null => {
  if (view?.progress == null) return null
  const { phase, percent, stage } = view.progress
  const data = { phase, percent, stage }
  return { text: JSON.stringify(data), data }
}

function placeOf(lastEventId: string | null): { revision: number; offset: number } | null {
  const [revision, offset] = (lastEventId ?? '').split('.').map(Number)
  return revision === undefined || offset === undefined ? null : { revision, offset }
}

/** Resolves at the next look, or at once when the viewer has left. */
const news = (follower: Follower, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    follower.wake = resolve
    if (signal.aborted) resolve()
  })
