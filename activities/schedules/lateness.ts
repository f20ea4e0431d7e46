import type { Noted } from '../../domain/events.ts'
import type { Batcher } from '../../domain/group-commit.ts'
import { rfc3339, type Millis } from '../../domain/names.ts'
import type { Registered, RegistryState, ScheduleCommand } from '../../domain/scheduling/command.ts'
import type { Registry } from '../../domain/scheduling/registry-line.ts'
import type { ScheduleId } from '../../domain/scheduling/schedule.ts'
import { graceMsOf, missedTimes, type MissedTime } from '../../domain/scheduling/standing.ts'

interface Parts {
  readonly schedules: Registry
  readonly arbiter: Batcher
}

/** Whoever looks less often than this has not watched: a run may have come and gone. */
const gapMs = 30_000
/** When all else is lost, no more than this is forgotten of until when somebody looked. */
const tellEveryMs = 600_000
/** The arbiter holds only so many untold events. */
const atOnce = 100

/** Notices which due times of external schedules have passed without a run, each once. */
export class Lateness {
  readonly #parts: Parts
  /** Until where each was judged in this watch. */
  readonly #judged = new Map<ScheduleId, Millis>()
  #lookedAt: Millis | null
  #toldAt: Millis

  /** `lookedAt`: when an earlier watch looked last, as far as anyone knows. */
  constructor(parts: Parts, lookedAt: Millis | null) {
    this.#parts = parts
    this.#lookedAt = lookedAt
    this.#toldAt = 0
  }

  /** When all due times were looked at last. */
  get lookedAt(): Millis | null {
    return this.#lookedAt
  }

  /** One look at `now`. What it could not tell it tells in the next; told twice is told once. */
  async look(state: RegistryState, now: Millis): Promise<void> {
    const before = this.#lookedAt
    const unwatched = before !== null && now - before > gapMs
    if (unwatched) await this.#parts.schedules.ask({ type: 'watched', from: before, until: now })
    const gaps = unwatched ? [...state.gaps, { from: before, to: now }] : state.gaps
    const findings = Object.values(state.schedules).flatMap((one) => this.#judge(one, before ?? now, gaps, now))
    for (let i = 0; i < findings.length; i += atOnce) await this.#heed(findings.slice(i, i + atOnce))
    for (const id of this.#judged.keys()) if (!Object.hasOwn(state.schedules, id)) this.#judged.delete(id)
    this.#lookedAt = now
    if (now - this.#toldAt > tellEveryMs) await this.tell()
  }

  /** Tells the registry until when somebody looked. */
  async tell(): Promise<void> {
    if (this.#lookedAt === null) return
    await this.#parts.schedules.ask({ type: 'watched', from: null, until: this.#lookedAt })
    this.#toldAt = this.#lookedAt
  }

  #judge(one: Registered, before: Millis, gaps: RegistryState['gaps'], now: Millis): Finding[] {
    if (one.body.kind !== 'external') return []
    const from = this.#judged.get(one.body.id) ?? before - graceMsOf(one) - 1
    const { missed, judged } = missedTimes(one, from, gaps, now)
    return judged === from && this.#judged.has(one.body.id) ? [] : [{ one, missed, judged }]
  }

  async #heed(findings: readonly Finding[]): Promise<void> {
    const told = findings.flatMap(({ one, missed }) => missed.map((time) => ({ one, time })))
    const entries = told.filter(({ time }) => !time.unseen).map(({ one, time }) => missedEvent(one, time.due))
    // The event first: were the registry told first, an event lost in between would never be told.
    if (entries.length > 0) await this.#parts.arbiter.ask({ type: 'note', entries })
    if (told.length > 0) await this.#parts.schedules.askAll(told.map(({ one, time }) => noteOf(one, time)))
    for (const { one, judged } of findings) this.#judged.set(one.body.id, judged)
  }
}

interface Finding {
  readonly one: Registered
  readonly missed: readonly MissedTime[]
  readonly judged: Millis
}

const noteOf = ({ body }: Registered, { due, unseen }: MissedTime): ScheduleCommand => ({
  type: 'note_missed',
  id: body.id,
  due,
  detail: unseen ? 'nobody watched at its time: it may have come unseen' : null,
})

function missedEvent({ body }: Registered, due: Millis): Noted {
  const external = body.kind === 'external' ? { owner: body.owner, host: body.host, command: body.command ?? null, grace_s: body.grace_s } : {}
  return {
    id: `evt_missed_${body.id}_${due}`,
    type: 'schedule_missed',
    schedule: body.id,
    hosts: body.kind === 'external' ? (body.hosts ?? []) : [],
    data: { schedule: body.id, due_at: rfc3339(due), ...external },
  }
}
