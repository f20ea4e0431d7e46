import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { rfc3339, type SwapId } from '../domain/names.ts'
import { Problem } from '../domain/problem.ts'
import {
  lastWordsKey,
  lastWordsName,
  shownKey,
  swapLogName,
  type LastWordsKey,
  type LogOf,
  type LogPlace,
  type SwapLogList,
  type SwapLogPage,
} from '../domain/swap-log.ts'
import { linesAfter, linesBefore } from './log-file.ts'

export interface LogChunk {
  readonly lines: string[]
  /** The byte after the last whole line. */
  readonly offset: number
}

interface SavedWords {
  readonly key: LastWordsKey
  readonly bytes: number
  readonly savedAtMs: number
}

/**
 * The logs of swaps: files that workers append to, and the last words of what was stopped, read here by byte offset. A swap's own log that is not there
 * (yet) is empty. File names are made of checked names alone, never of what a request says.
 */
export class SwapLogs {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Whole lines of a swap's own log from `offset` on, up to 64 kB. */
  async after(id: SwapId, offset: number): Promise<LogChunk> {
    const { lines, next } = await linesAfter(this.#own(id), offset)
    return { lines, offset: next }
  }

  /** The newest `count` lines of a swap's own log within the last `withinBytes`. */
  async tail(id: SwapId, count: number, withinBytes?: number): Promise<LogChunk> {
    const { lines, next } = await linesBefore(this.#own(id), null, count, withinBytes)
    return { lines, offset: next }
  }

  /** Lines of a swap's own log, or of last words. Throws `unknown_log` where there are none of that name. */
  async page(id: SwapId, of: LogOf | null, { lines: count, offset, before }: LogPlace): Promise<SwapLogPage> {
    const key = of === null ? null : await this.#find(id, of)
    const path = key === null ? this.#own(id) : join(this.#folder, lastWordsName(id, key))
    const read = offset === undefined ? await linesBefore(path, before ?? null, count) : await linesAfter(path, offset, count)
    return { of: key === null ? null : shownKey(key), lines: read.lines, offset: read.offset, next_offset: read.next, bytes: read.bytes }
  }

  /** What logs a swap has: its own first, then last words, oldest first. */
  async list(id: SwapId): Promise<SwapLogList> {
    const own = await looked(this.#own(id))
    const nameless = { of: null, host: null, container: null, container_id: null }
    const words = await this.#saved(id)
    return {
      logs: [
        ...(own === null ? [] : [{ ...nameless, bytes: own.bytes, saved_at: rfc3339(own.savedAtMs) }]),
        ...words.map(({ key, bytes, savedAtMs }) => ({
          ...{ of: shownKey(key), host: key.host, container: key.container, container_id: key.containerId },
          ...{ bytes, saved_at: rfc3339(savedAtMs) },
        })),
      ],
    }
  }

  async #find(id: SwapId, of: LogOf): Promise<LastWordsKey> {
    const same = (await this.#saved(id)).filter(({ key }) => key.host === of.host && key.container === of.container)
    const found = of.containerId === null ? same.at(-1) : same.find(({ key }) => key.containerId === of.containerId)
    if (found === undefined) throw new Problem('unknown_log', `No last words of ${of.container} on ${of.host} were kept by swap ${id}`)
    return found.key
  }

  async #saved(id: SwapId): Promise<SavedWords[]> {
    const names = (await readdir(this.#folder).catch(nothingThere)) ?? []
    const saved = await Promise.all(
      names.map(async (name): Promise<SavedWords | null> => {
        const key = lastWordsKey(id, name)
        const file = key === null ? null : await looked(join(this.#folder, name))
        return key === null || file === null ? null : { key, ...file }
      }),
    )
    return saved.filter((one) => one !== null).sort((a, b) => a.savedAtMs - b.savedAtMs)
  }

  #own(id: SwapId): string {
    return join(this.#folder, swapLogName(id))
  }
}

async function looked(path: string): Promise<{ bytes: number; savedAtMs: number } | null> {
  const file = await stat(path).catch(nothingThere)
  return file === null ? null : { bytes: file.size, savedAtMs: file.mtimeMs }
}

function nothingThere(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
