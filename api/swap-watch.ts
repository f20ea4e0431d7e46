import { setTimeout as delay } from 'node:timers/promises'
import type { SwapId } from '../domain/names.ts'
import { Problem } from '../domain/problem.ts'
import type { SwapStreamEvent, SwapView } from './deps.ts'
import type { SwapLogs } from './swap-log.ts'

const lookEvery_ms = 250
/** A viewer that comes first now gets so much of the log that is there already. */
const firstLogBytes = 64 * 1024

interface Watch {
  readonly viewers: Set<AbortSignal>
  latest: SwapView | null
  /** Settles at each look. */
  looked: PromiseWithResolvers<null>
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
    const watch = this.#join(id, signal)
    try {
      let { revision, offset } = placeOf(lastEventId) ?? (await this.#start(id))
      let shown = ''
      while (!signal.aborted) {
        const view = watch.latest
        if (view !== null && view.swap.revision > revision) {
          revision = view.swap.revision
          yield { id: `${String(revision)}.${String(offset)}`, event: 'swap', data: view.swap }
        }
        const chunk = await this.#logs.after(id, offset)
        if (chunk.lines.length > 0) {
          offset = chunk.offset
          yield { id: `${String(Math.max(0, revision))}.${String(offset)}`, event: 'log', data: { lines: chunk.lines } }
          continue
        }
        if (view?.swap.state === 'done') {
          yield { id: `${String(revision)}.${String(offset)}`, event: 'end', data: { outcome: view.swap.outcome } }
          return
        }
        const progress = progressOf(view)
        if (progress !== null && progress.text !== shown) {
          shown = progress.text
          yield { id: `${String(Math.max(0, revision))}.${String(offset)}`, event: 'progress', data: progress.data }
        }
        await Promise.race([watch.looked.promise, aborted(signal)])
      }
    } finally {
      this.#leave(id, watch, signal)
    }
  }

  async #start(id: SwapId): Promise<{ revision: number; offset: number }> {
    const { offset, lines } = await this.#logs.tail(id, Number.MAX_SAFE_INTEGER, firstLogBytes)
    const shownBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
    return { revision: -1, offset: Math.max(0, offset - shownBytes) }
  }

  #join(id: SwapId, viewer: AbortSignal): Watch {
    const known = this.#watches.get(id)
    if (known !== undefined) {
      known.viewers.add(viewer)
      return known
    }
    const watch: Watch = { viewers: new Set([viewer]), latest: null, looked: Promise.withResolvers<null>() }
    this.#watches.set(id, watch)
    void this.#poll(id, watch)
    return watch
  }

  #leave(id: SwapId, watch: Watch, viewer: AbortSignal): void {
    watch.viewers.delete(viewer)
    if (watch.viewers.size === 0 && this.#watches.get(id) === watch) this.#watches.delete(id)
  }

  async #poll(id: SwapId, watch: Watch): Promise<void> {
    while (watch.viewers.size > 0) {
      try {
        watch.latest = await this.#look(id)
      } catch (error) {
        if (!(error instanceof Problem)) throw error // away for a while: the next look may find it
      }
      watch.looked.resolve(null)
      watch.looked = Promise.withResolvers<null>()
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

const aborted = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })
