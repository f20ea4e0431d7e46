import type { Logger } from 'pino'
import type { PageData } from '../../views/page-data.ts'
import { partial, regionNames, regions, type RegionName } from '../../views/regions.ts'

/** Receives server-sent events as they go over the wire. */
export type Listener = (message: string) => void

export interface RegionHub {
  /** Sends the whole page once, then each region that changes. Returns how to leave. */
  join(listener: Listener): () => void
  /** Looks again at once: somebody just did something. */
  nudge(): void
  close(): void
}

interface HubDeps {
  readonly read: () => Promise<PageData>
  readonly log: Logger
  readonly everyMs?: number
  readonly clockEveryMs?: number
}

/**
 * Looks at the page's data once for all viewers, while there are any, and tells them which regions have changed since.
 * Messages are whole snapshots: one that is lost, or comes twice, does no harm. A `clock` message every few seconds carries the server's
 * time, and by its absence tells a page that its connection is dead.
 */
export function createRegionHub({ read, log, everyMs = 1000, clockEveryMs = 5000 }: HubDeps): RegionHub {
  const listeners = new Set<Listener>()
  const newcomers = new Set<Listener>()
  let shown = new Map<RegionName, string>()
  let timer: NodeJS.Timeout | null = null
  let looking = false
  let again = false
  let closed = false
  let clockAt = 0

  function schedule(ms: number): void {
    if (timer !== null) clearTimeout(timer)
    timer = closed || listeners.size === 0 ? null : setTimeout(() => void look(), ms)
  }

  async function look(): Promise<void> {
    if (looking) {
      again = true
      return
    }
    looking = true
    try {
      const data = await read()
      tell(new Map(regionNames.map((name) => [name, partial(name, regions[name](data)).toString()])))
    } catch (error) {
      log.error({ err: error }, 'the page could not be read')
    } finally {
      const wait = again ? 0 : everyMs
      looking = again = false
      schedule(wait)
    }
  }

  function tell(current: Map<RegionName, string>): void {
    const changed = [...current].filter(([name, markup]) => shown.get(name) !== markup).map(([, markup]) => markup)
    const clockDue = Date.now() - clockAt >= clockEveryMs
    const clock = clockMessage()
    for (const listener of listeners) {
      const fresh = newcomers.delete(listener)
      const markup = fresh ? [...current.values()] : changed
      if (markup.length > 0) listener(message(markup.join('\n')))
      if (fresh || clockDue) listener(clock)
    }
    if (clockDue) clockAt = Date.now()
    shown = current
  }

  return {
    join(listener) {
      listeners.add(listener)
      newcomers.add(listener)
      schedule(0)
      return () => {
        listeners.delete(listener)
        newcomers.delete(listener)
        if (listeners.size === 0) schedule(0)
      }
    },
    nudge: () => schedule(0),
    close() {
      closed = true
      listeners.clear()
      schedule(0)
    },
  }
}

const message = (markup: string): string =>
  `${markup
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`
const clockMessage = (): string => `event: clock\ndata: ${new Date().toISOString()}\n\n`
