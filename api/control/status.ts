import type { ConfigSource } from '../../config/load.ts'
import { servicesOf } from '../../config/services.ts'
import type { ArbiterView } from '../../domain/arbitration/command.ts'
import { lockView } from '../../domain/lock-view.ts'
import { rfc3339 } from '../../domain/names.ts'
import { Problem } from '../../domain/problem.ts'
import type { ServiceLook } from '../../domain/services/look.ts'
import { serviceStatus } from '../../domain/services/service-status.ts'
import { hostStatuses } from '../../domain/status-view.ts'
import type { HostLook, Status } from '../../domain/status.ts'
import type { Swap } from '../../domain/swap.ts'
import { Briefly } from '../briefly.ts'
import type { TemporalLink } from '../temporal/link.ts'
import type { Swaps } from '../temporal/swaps.ts'
import type { ClusterLink } from './cluster-link.ts'

interface Seen {
  readonly view: ArbiterView | null
  readonly worker: Status['parts']['worker']
  readonly looks: readonly HostLook[]
  readonly serviceLooks: readonly ServiceLook[]
  readonly swaps: readonly Swap[]
}

/** The state of everything, put together from what answers. Never fails: what does not answer is told as a part that is down. */
export class StatusReader {
  readonly #links: () => ClusterLink
  readonly #link: TemporalLink
  readonly #config: ConfigSource
  readonly #statuses = new Briefly<Status>(500)
  /** Reservations and deployments do not vanish because nobody can be asked: the last known ones are shown, beside the part that is down. */
  #lastView: ArbiterView | null = null

  constructor(links: () => ClusterLink, link: TemporalLink, config: ConfigSource) {
    this.#links = links
    this.#link = link
    this.#config = config
  }

  read(): Promise<Status> {
    return this.#statuses.get('', () => this.#put())
  }

  forget(): void {
    this.#statuses.forget()
  }

  async #put(): Promise<Status> {
    const state = this.#config.read()
    const link = state.cluster === null ? null : this.#links()
    const [temporal, seen] = await Promise.all([this.#link.pulse(), link === null ? nothingSeen : this.#look(link)])
    if (seen.view !== null) this.#lastView = seen.view
    const view = this.#lastView?.clusterId === state.cluster?.clusterId ? this.#lastView : null
    const now = link?.arbiter.now() ?? Date.now()
    const { services, problems } = servicesOf(this.#config)
    return {
      cluster: state.cluster?.clusterId ?? null,
      demo: this.#config.places.demo,
      now: rfc3339(now),
      hosts:
        state.cluster === null
          ? []
          : hostStatuses({
              cluster: state.cluster,
              models: state.kind === 'ready' ? state.models : new Map(),
              arbiter: view,
              arbiterAnswers: seen.view !== null,
              looks: seen.looks,
              now: Date.now(),
            }),
      services: services.map((service) => serviceStatus(service, seen.serviceLooks, Date.now())),
      swap: seen.swaps.find((swap) => swap.state === 'running') ?? null,
      queue: seen.swaps.filter((swap) => swap.state === 'queued'),
      lock: lockView(view?.reservations ?? [], now, seen.view?.waiting),
      parts: {
        temporal,
        worker: temporal.ok ? seen.worker : { ok: false, detail: 'Not known while Temporal does not answer' },
        config:
          state.kind === 'ready'
            ? { ok: true, detail: [...state.warnings, ...problems].join('\n') || 'All files are in order' }
            : { ok: false, detail: state.message },
      },
      refused_settings: [...state.refused],
    }
  }

  async #look({ arbiter, looks, swaps }: ClusterLink): Promise<Seen> {
    const [view, seenLooks, serviceLooks] = await Promise.all([problemOr(arbiter.view()), problemOr(looks.read()), problemOr(looks.readServices())])
    const open = view instanceof Problem ? await problemOr(openByList(swaps)) : await openByView(swaps, view)
    return {
      view: view instanceof Problem ? null : view,
      worker: view instanceof Problem ? { ok: false, detail: view.message } : { ok: true, detail: 'The arbiter answers' },
      looks: seenLooks instanceof Problem ? [] : seenLooks,
      serviceLooks: serviceLooks instanceof Problem ? [] : serviceLooks,
      swaps: open instanceof Problem ? [] : open,
    }
  }
}

const nothingSeen: Seen = { view: null, worker: { ok: false, detail: 'Not known without a cluster' }, looks: [], serviceLooks: [], swaps: [] }

async function openByView(swaps: Swaps, { active, queue }: ArbiterView): Promise<Swap[]> {
  const seen = await Promise.all([...active, ...queue].map(({ swapId }) => problemOr(swaps.see(swapId))))
  return seen.flatMap((one) => (one instanceof Problem ? [] : [one.swap]))
}

const openByList = async (swaps: Swaps): Promise<Swap[]> => (await swaps.list({ limit: 20 })).swaps

async function problemOr<T>(reading: Promise<T>): Promise<T | Problem> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}
