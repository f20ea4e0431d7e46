import { ScheduleAlreadyRunning, ScheduleNotFoundError, type Client, type ScheduleSummary } from '@temporalio/client'
import type { Logger } from 'pino'
import type { ClusterId } from '../../domain/names.ts'
import type { FoundSchedule, Registered, RegistryState, ScheduleCommand } from '../../domain/scheduling/command.ts'
import type { Registry } from '../../domain/scheduling/registry-line.ts'
import { scheduleIn } from '../../domain/scheduling/registry.ts'
import { temporalScheduleId, type ScheduleId } from '../../domain/scheduling/schedule.ts'
import { planOf } from '../../domain/scheduling/when.ts'
import { definitionIn, isPaused, noteOf, temporalSchedule } from './temporal-schedule.ts'

interface Parts {
  readonly client: Client
  readonly clusterId: ClusterId
  readonly taskQueue: string
  readonly schedules: Registry
  readonly log: Logger
  /** The watch is over: what is left is another's. */
  readonly signal: AbortSignal
}

/** A thousand that are registered together must not hold up what Temporal has to do for swaps meanwhile. */
const atOnce = 4
/** So long one that Temporal refused is left alone. */
const restMs = 30_000

/** Keeps Temporal's own schedules as the registry has them. Each step can be repeated. */
export class Mirror {
  readonly #parts: Parts
  readonly #resting = new Map<ScheduleId, { revision: number; until: number }>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** What a fresh registry needs to know. */
  async recover(): Promise<void> {
    const found = (await this.#list()).flatMap((one) => definitionIn(one) ?? [])
    await this.#parts.schedules.ask({ type: 'found', schedules: found })
  }

  /** Brings to Temporal what was registered, changed, paused or removed. */
  async follow(state: RegistryState): Promise<void> {
    const removed = state.removed.filter((one) => one.pending)
    await this.#eachOf(removed, async ({ id }) => {
      await this.#delete(id)
      return { type: 'unmirrored', id }
    })
    const changed = Object.values(state.schedules).filter((one) => one.inTemporal !== one.revision && !this.#rests(one))
    await this.#eachOf(changed, (one) => this.#bring(one))
  }

  /**
   * Looks at what people did on Temporal's own page: an external schedule is paused again, a pause of a managed one is taken over, a deleted one is made again,
   * and one that the registry does not know is taken up.
   */
  async inspect(state: RegistryState, now: number): Promise<void> {
    const listed = new Map((await this.#list()).map((one) => [one.scheduleId, one]))
    const settled = Object.values(state.schedules).filter((one) => one.inTemporal === one.revision)
    await this.#eachOf(settled, async (one) => {
      const there = listed.get(this.#nameOf(one.body.id))
      if (there === undefined) return await this.#ifGone(one, now)
      return there.state.paused === isPaused(one) ? null : await this.#heedPause(one)
    })
    const strangers = [...listed.values()].filter((one) => this.#idIn(state, one) === null)
    await this.#eachOf(strangers, (one) => this.#heedStranger(state, one))
  }

  /** Temporal deletes one that is over by itself; it needs no other. */
  async #ifGone(one: Registered, now: number): Promise<ScheduleCommand | null> {
    const over = planOf(one.body, one.createdAt).next(now) === null
    return over || (await this.#describe(one.body.id)) !== null ? null : { type: 'mirrored', id: one.body.id, revision: null }
  }

  async #heedPause(one: Registered): Promise<ScheduleCommand | null> {
    const { id } = one.body
    const there = await this.#describe(id) // the list may be behind
    if (there === null || there.state.paused === isPaused(one)) return null
    if (one.body.kind === 'managed') return { type: 'pause_seen', id, revision: one.revision, paused: there.state.paused }
    await this.#handle(id).pause(noteOf(one))
    return null
  }

  async #heedStranger(state: RegistryState, { scheduleId }: ScheduleSummary): Promise<ScheduleCommand | null> {
    const id = scheduleId.slice(this.#nameOf('').length)
    const there = await this.#describe(id)
    const found = there === null ? null : definitionIn(there)
    if (found === null) return null
    if (!state.removed.some((one) => one.id === id)) return { type: 'found', schedules: [found] }
    await this.#delete(id)
    return null
  }

  async #bring(one: Registered): Promise<ScheduleCommand> {
    const { id } = one.body
    const done: ScheduleCommand = { type: 'mirrored', id, revision: one.revision }
    const there = one.inTemporal === null ? null : await this.#describe(id)
    if (there !== null && isSame(definitionIn(there), one)) {
      if (isPaused(one)) await this.#handle(id).pause(noteOf(one))
      else await this.#handle(id).unpause(noteOf(one))
      return done
    }
    // The memo of a schedule can't be changed: one with another definition is made anew.
    if (there !== null) await this.#delete(id)
    if (await this.#create(one)) return done
    const other = await this.#describe(id)
    const found = other === null ? null : definitionIn(other)
    if (isSame(found, one) && found?.revision === one.revision) return done // by ourselves, before we could say so
    await this.#delete(id)
    await this.#create(one)
    return done
  }

  /** False when there is one of that id already. */
  async #create(one: Registered): Promise<boolean> {
    const { client, clusterId, taskQueue } = this.#parts
    try {
      await client.schedule.create(temporalSchedule(clusterId, taskQueue, one, Date.now()))
      return true
    } catch (error) {
      if (error instanceof ScheduleAlreadyRunning) return false
      throw error
    }
  }

  /** Does it for each, some at once, and tells the registry. One that fails is said and left for later. */
  async #eachOf<T extends Registered | { id: string } | ScheduleSummary>(
    ones: readonly T[],
    work: (one: T) => Promise<ScheduleCommand | null>,
  ): Promise<void> {
    const rest = ones[Symbol.iterator]()
    const told: Promise<unknown>[] = []
    const line = async (): Promise<void> => {
      for (const one of rest) {
        if (this.#parts.signal.aborted) return
        try {
          const command = await work(one)
          if (command !== null) told.push(this.#parts.schedules.ask(command)) // all that comes meanwhile rides in the next batch
        } catch (error) {
          if ('body' in one) this.#resting.set(one.body.id, { revision: one.revision, until: performance.now() + restMs })
          this.#parts.log.warn({ err: error, schedule: 'body' in one ? one.body.id : undefined }, 'a schedule could not be kept in Temporal')
        }
      }
    }
    await Promise.all(Array.from({ length: atOnce }, line))
    await Promise.all(told)
  }

  #rests({ body, revision }: Registered): boolean {
    const rest = this.#resting.get(body.id)
    return rest?.revision === revision && performance.now() < rest.until
  }

  async #list(): Promise<ScheduleSummary[]> {
    const ours: ScheduleSummary[] = []
    for await (const one of this.#parts.client.schedule.list({ pageSize: 500 })) if (one.scheduleId.startsWith(this.#nameOf(''))) ours.push(one)
    return ours
  }

  async #describe(id: ScheduleId) {
    try {
      return await this.#handle(id).describe()
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return null
      throw error
    }
  }

  async #delete(id: ScheduleId): Promise<void> {
    try {
      await this.#handle(id).delete()
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error
    }
  }

  #idIn(state: RegistryState, { scheduleId }: ScheduleSummary): ScheduleId | null {
    const id = scheduleId.slice(this.#nameOf('').length)
    return scheduleIn(state, id) === undefined ? null : id
  }

  #nameOf(id: ScheduleId): string {
    return temporalScheduleId(this.#parts.clusterId, id)
  }

  #handle(id: ScheduleId) {
    return this.#parts.client.schedule.getHandle(this.#nameOf(id))
  }
}

const isSame = (found: FoundSchedule | null, one: Registered): boolean =>
  found !== null && found.createdAt === one.createdAt && JSON.stringify(found.body) === JSON.stringify(one.body)
