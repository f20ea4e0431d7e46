import type { Places } from '../../config/places.ts'
import { crossed, sideOf, type ServiceChange } from '../../domain/services/change.ts'
import type { ServiceLook } from '../../domain/services/look.ts'
import type { Service } from '../../domain/services/service.ts'
import { afterProbe, lookOf, neverSeen, nextProbeInMs, resumed, type Standing } from '../../domain/services/standing.ts'
import { pause } from '../pause.ts'
import { ServiceClient } from './client.ts'
import { probe } from './probe.ts'

type Pace = (standing: Standing) => number

interface WatchParts {
  readonly places: Pick<Places, 'configDir'>
  readonly signal: AbortSignal
  readonly pauseMs: Pace
  readonly changed: (service: Service, change: ServiceChange) => void
}

/** The looks at one service, one after the other, never two at a time. Owns its connections to it; ends with `end` or when `signal` fires. */
class ServiceWatch {
  last: ServiceLook
  readonly #service: Service
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  readonly #parts: WatchParts
  #standing: Standing
  #side: ReturnType<typeof sideOf>

  constructor(service: Service, parts: WatchParts, held: ServiceLook | undefined) {
    this.#service = service
    this.#parts = parts
    this.#signal = AbortSignal.any([parts.signal, this.#ended.signal])
    this.#side = held === undefined ? null : sideOf(held.state)
    this.#standing = held === undefined ? neverSeen(Date.now()) : resumed(held)
    this.last = held ?? lookOf(service.name, this.#standing, Date.now(), null)
    void this.#goRound(new ServiceClient(service, parts.places))
  }

  isOf(service: Service): boolean {
    return JSON.stringify(service) === JSON.stringify(this.#service)
  }

  end(): void {
    this.#ended.abort()
  }

  #isOver(): boolean {
    return this.#signal.aborted
  }

  async #goRound(client: ServiceClient): Promise<void> {
    while (!this.#isOver()) {
      const { verdict, serves } = await probe(this.#service, client, this.#signal)
      if (this.#isOver()) break // a look that was broken off says nothing
      const now = Date.now()
      this.#standing = afterProbe(this.#standing, verdict, now)
      this.last = lookOf(this.#service.name, this.#standing, now, serves)
      const { side, change } = crossed(this.#side, this.#standing)
      this.#side = side
      if (change !== null) this.#parts.changed(this.#service, change)
      await pause(this.#parts.pauseMs(this.#standing), this.#signal)
    }
    await client.close()
  }
}

/** The watches on all services that are enabled now. What an earlier watch held of one is gone on from; one whose entry changed begins anew. */
export class ServiceWatches {
  readonly #parts: WatchParts
  readonly #watches = new Map<string, ServiceWatch>()
  readonly #held: Map<string, ServiceLook>

  constructor(
    places: WatchParts['places'],
    held: readonly ServiceLook[],
    signal: AbortSignal,
    { pauseMs = nextProbeInMs, changed = () => undefined }: Partial<Pick<WatchParts, 'pauseMs' | 'changed'>> = {},
  ) {
    this.#parts = { places, signal, pauseMs, changed }
    this.#held = new Map(held.map((look) => [look.name, look]))
  }

  /** Begins to watch what is new, and ends what is gone, disabled or changed. */
  keepTo(services: readonly Service[]): void {
    for (const [name, watch] of this.#watches)
      if (!services.some((service) => service.name === name && watch.isOf(service))) {
        watch.end()
        this.#watches.delete(name)
      }
    for (const service of services) {
      if (this.#watches.has(service.name)) continue
      this.#watches.set(service.name, new ServiceWatch(service, this.#parts, this.#held.get(service.name)))
      this.#held.delete(service.name)
    }
  }

  get looks(): ServiceLook[] {
    return [...this.#watches.values()].map((watch) => watch.last)
  }
}
