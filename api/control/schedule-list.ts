import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConfigSource } from '../../config/load.ts'
import type { ReservationFacts } from '../../domain/arbitration/command.ts'
import type { Millis } from '../../domain/names.ts'
import { scheduleView } from '../../domain/schedule-view.ts'
import type { RegistryState } from '../../domain/scheduling/command.ts'
import { conflictsAhead } from '../../domain/scheduling/conflicts.ts'
import type { Conflict, ScheduleList, ScheduleView } from '../../domain/scheduling/schedule.ts'
import { usualSwapS } from '../../domain/usual-swap.ts'
import { Briefly } from '../briefly.ts'
import type { ClusterLink } from './cluster-link.ts'

const swapsLookedAt = 100
const viewsAtOnce = 25

/** All schedules as a list, reckoned once for all who look at the same time: with a thousand of them that is some work. */
export class ScheduleLists {
  readonly #links: () => ClusterLink
  readonly #config: ConfigSource
  readonly #lists = new Briefly<ScheduleList>(2_000)
  /** By what they are reckoned from; in half a minute hardly any comes nearer. */
  readonly #conflicts = new Briefly<Conflict[]>(30_000)

  constructor(links: () => ClusterLink, config: ConfigSource) {
    this.#links = links
    this.#config = config
  }

  /** At most a second old. Throws `temporal_down`, and `worker_down` also while a fresh registry does not know yet what Temporal has. */
  state(): Promise<RegistryState> {
    return this.#links().schedules.read()
  }

  stateNow(): Promise<RegistryState> {
    this.#links().schedules.forget()
    return this.state()
  }

  /** By id. At most two seconds old, and never older than a change of ours. */
  list(): Promise<ScheduleList> {
    return this.#lists.get('', async () => {
      const { arbiter } = this.#links()
      const [state, { reservations }] = await Promise.all([this.state(), arbiter.view()])
      const now = arbiter.now()
      const schedules = await this.#views(state, now)
      const conflicts = await this.#conflicts.get(JSON.stringify([state.clusterId, state.version, reservations]), () =>
        this.#conflictsIn(state, reservations, now),
      )
      return { schedules, conflicts }
    })
  }

  /** After a change of our own. */
  forget(): void {
    this.#lists.forget()
  }

  /** The first time each plan has to be read: others are served in between. */
  async #views({ schedules }: RegistryState, now: Millis): Promise<ScheduleView[]> {
    const views: ScheduleView[] = []
    for (const [i, one] of Object.values(schedules).entries()) {
      if (i % viewsAtOnce === viewsAtOnce - 1) await nextTurn()
      views.push(scheduleView(one, now))
    }
    return views.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  async #conflictsIn(state: RegistryState, reservations: readonly ReservationFacts[], now: Millis): Promise<Conflict[]> {
    const config = this.#config.read()
    const models = config.kind === 'ready' ? config.models : null
    // Without them a usual time is assumed: no reason to show nothing.
    const swaps = await this.#links()
      .swaps.list({ limit: swapsLookedAt })
      .catch(() => ({ swaps: [] }))
    const usual = usualSwapS(swaps.swaps)
    return conflictsAhead(
      Object.values(state.schedules),
      { reservations, placementOf: (model) => models?.get(model)?.placement ?? null, usualS: (model) => usual.get(model) ?? null },
      now,
    )
  }
}
