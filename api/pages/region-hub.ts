import type { Logger } from 'pino'
import { partial, type Regions } from '../../views/regions.ts'
import type { LiveView } from './live-view.ts'

/** Receives server-sent events as they go over the wire. */
export type Listener = (message: string) => void

export interface RegionHub {
  /** Sends the whole page once, then each region that changes. Returns how to leave. */
  join(view: LiveView, listener: Listener): () => void
  /** Looks again at once: somebody just did something. */
  nudge(): void
  close(): void
}

interface HubDeps {
  readonly log: Logger
  readonly everyMs?: number
  readonly clockEveryMs?: number
}

/** The viewers of all pages. Of each view that has any, what it shows is read once for all of them; a view that nobody looks at is not read. */
export function createRegionHub({ log, everyMs = 1000, clockEveryMs = 5000 }: HubDeps): RegionHub {
  const watches = new Map<string, Watch>()
  return {
    join(view, listener) {
      const watch = watches.get(view.stream) ?? createWatch(view, { log, everyMs, clockEveryMs })
      watches.set(view.stream, watch)
      watch.join(listener)
      return () => {
        if (watch.leave(listener) === 0 && watches.get(view.stream) === watch) watches.delete(view.stream)
      }
    },
    nudge() {
      for (const watch of watches.values()) watch.nudge()
    },
    close() {
      for (const watch of watches.values()) watch.close()
      watches.clear()
    },
  }
}

interface Watch {
  join(listener: Listener): void
  /** Returns how many are left; with the last one the looking ends. */
  leave(listener: Listener): number
  nudge(): void
  close(): void
}

/**
 * Looks at one view for all its listeners and tells them which regions have changed since.
 * Messages are whole snapshots: one that is lost, or comes twice, does no harm. A `clock` message every few seconds carries the server's
 * time, and by its absence tells a page that its connection is dead.
 */
function createWatch(view: LiveView, { log, everyMs, clockEveryMs }: Required<HubDeps>): Watch {
  const listeners = new Set<Listener>()
  const newcomers = new Set<Listener>()
  let shown = new Map<string, string>()
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
      tell(markupOf((await view.look()).regions))
    } catch (error) {
      log.error({ err: error, page: view.page }, 'the page could not be read')
    } finally {
      const wait = again ? 0 : everyMs
      looking = again = false
      schedule(wait)
    }
  }

  function tell(current: Map<string, string>): void {
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
    },
    leave(listener) {
      listeners.delete(listener)
      newcomers.delete(listener)
      if (listeners.size === 0) schedule(0)
      return listeners.size
    },
    nudge: () => schedule(0),
    close() {
      closed = true
      listeners.clear()
      schedule(0)
    },
  }
}

const markupOf = (regions: Regions): Map<string, string> =>
  new Map(Object.entries(regions).map(([name, region]) => [name, partial(name, region).toString()]))

const message = (markup: string): string =>
  `${markup
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}\n`)
    .join('')}\n`
const clockMessage = (): string => `event: clock\ndata: ${new Date().toISOString()}\n\n`
