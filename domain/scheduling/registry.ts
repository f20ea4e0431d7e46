import type { Millis } from '../names.ts'
import type {
  FoundSchedule,
  Registered,
  RegistryState,
  ScheduleAnswer,
  ScheduleBatch,
  ScheduleCommand,
  ScheduleRefusal,
  ScheduleReply,
} from './command.ts'
import { kept, runsKept, withMissed, withRun } from './runs.ts'
import type { ScheduleBody, ScheduleId } from './schedule.ts'

/** So many schedules a cluster, and so many bytes of their definitions: with their runs the state stays below what Temporal carries in one message. */
export const mostSchedules = 2_000
export const mostDefinitionBytes = 800_000
/** A list of Temporal's may be behind by seconds; so long is surely enough. */
const removedKeptMs = 600_000
const mostGaps = 5

/** Its version begins with the time, so that it is greater than any of a registry before it. */
export const freshRegistry = (clusterId: string, now: Millis): RegistryState => ({
  clusterId,
  version: now,
  clock: now,
  recovered: false,
  schedules: {},
  removed: [],
  gaps: [],
  watchedUntil: null,
  definitionBytes: 0,
})

/** The schedule of that id, if there is one. An id may be the name of something that every object has. */
export const scheduleIn = ({ schedules }: Pick<RegistryState, 'schedules'>, id: ScheduleId): Registered | undefined =>
  Object.hasOwn(schedules, id) ? schedules[id] : undefined

/** What one batch works on: a copy of the state that is its own, for thousands of commands must not make thousands of copies. */
type Draft = { -readonly [K in keyof RegistryState]: RegistryState[K] } & { schedules: Record<ScheduleId, Registered>; count: number }

/** Decides a batch, one command after the other. `now` is the server's clock and may step back. Pure. */
export function decideSchedules(
  before: RegistryState,
  { commands, notAfter }: ScheduleBatch,
  now: Millis,
): { readonly state: RegistryState; readonly reply: ScheduleReply } {
  const clock = Math.max(before.clock, now)
  if (notAfter < clock) return { state: { ...before, clock }, reply: { kind: 'late', now: clock } }
  // What is asked of a registry that knows nothing yet would get wrong answers.
  if (!before.recovered && !commands.some((command) => command.type === 'found'))
    return { state: { ...before, clock }, reply: { kind: 'recovering', now: clock } }
  const draft: Draft = { ...before, clock, schedules: { ...before.schedules }, count: Object.keys(before.schedules).length }
  const answers = commands.map((command) => obey(draft, command))
  const { count: _, ...state } = draft
  return { state, reply: { kind: 'decided', now: clock, answers } }
}

function obey(draft: Draft, command: ScheduleCommand): ScheduleAnswer {
  switch (command.type) {
    case 'register':
      return register(draft, command.body)
    case 'remove':
      return remove(draft, command.id)
    case 'pause':
    case 'resume':
      return pause(draft, command.id, command.type === 'pause')
    case 'note_run':
      return change(draft, command.id, (one) => withRun(one, command.due, command.news, runsKept(draft.count)))
    case 'note_missed':
      return change(draft, command.id, (one) => withMissed(one, command.due, command.detail, runsKept(draft.count)))
    case 'mirrored':
      return change(draft, command.id, (one) => (one.inTemporal === command.revision ? one : { ...one, inTemporal: command.revision }))
    case 'unmirrored':
      return unmirrored(draft, command.id)
    case 'pause_seen':
      return change(draft, command.id, (one) =>
        // An older look: we have told Temporal otherwise meanwhile.
        one.revision === command.revision && one.paused !== command.paused ? paused(one, command.paused, draft.clock) : one,
      )
    case 'found':
      return found(draft, command.schedules)
    case 'watched':
      return watched(draft, command.from, command.until)
  }
}

function register(draft: Draft, body: ScheduleBody): ScheduleAnswer {
  const known = scheduleIn(draft, body.id)
  if (known !== undefined && known.body.kind !== body.kind) return refused('schedule_exists')
  if (known !== undefined && sameJson(known.body, body)) return { kind: 'registered', created: false, changed: false, before: null }
  const definitionBytes = draft.definitionBytes + bytesOf(body) - (known === undefined ? 0 : bytesOf(known.body))
  if ((known === undefined && draft.count >= mostSchedules) || definitionBytes > mostDefinitionBytes) return refused('too_many_schedules')
  draft.definitionBytes = definitionBytes
  // A tombstone goes: what Temporal still has under this id is replaced, as by any change.
  if (draft.removed.some(({ id }) => id === body.id)) draft.removed = draft.removed.filter(({ id }) => id !== body.id)
  put(draft, known === undefined ? created(body, draft.clock) : updated(known, body, draft.clock))
  return { kind: 'registered', created: known === undefined, changed: true, before: known?.body ?? null }
}

function created(body: ScheduleBody, clock: Millis): Registered {
  const createdAt = Math.floor(clock / 1_000) * 1_000 // Temporal's intervals know no parts of a second
  const times = { createdAt, updatedAt: clock, plannedSince: clock, forgottenBefore: 0 }
  // Revisions of an id go on when it is made anew: a late word of the old one must not fit the new.
  return { ...times, body, paused: false, runs: [], revision: clock, inTemporal: null }
}

function updated(known: Registered, body: ScheduleBody, clock: Millis): Registered {
  const samePlan = (['cron', 'every', 'at', 'timezone'] as const).every((part) => known.body[part] === body[part])
  return { ...known, body, updatedAt: clock, plannedSince: samePlan ? known.plannedSince : clock, revision: Math.max(clock, known.revision + 1) }
}

function remove(draft: Draft, id: ScheduleId): ScheduleAnswer {
  const known = scheduleIn(draft, id)
  if (known === undefined) return refused('unknown_schedule')
  Reflect.deleteProperty(draft.schedules, id)
  draft.count -= 1
  draft.version += 1
  draft.definitionBytes -= bytesOf(known.body)
  const { clock } = draft
  draft.removed = [...draft.removed.filter((one) => one.pending || clock - one.at < removedKeptMs), { id, at: clock, pending: true }]
  return { kind: 'removed', before: known.body }
}

function unmirrored(draft: Draft, id: ScheduleId): ScheduleAnswer {
  if (!draft.removed.some((one) => one.id === id && one.pending)) return { kind: 'known' }
  draft.removed = draft.removed.map((one) => (one.id === id ? { ...one, pending: false } : one))
  draft.version += 1
  return { kind: 'noted' }
}

function pause(draft: Draft, id: ScheduleId, wanted: boolean): ScheduleAnswer {
  if (scheduleIn(draft, id)?.body.kind === 'external') return refused('schedule_not_managed')
  return change(draft, id, (one) =>
    one.paused === wanted ? one : { ...paused(one, wanted, draft.clock), revision: Math.max(draft.clock, one.revision + 1) },
  )
}

const paused = (one: Registered, wanted: boolean, clock: Millis): Registered => ({
  ...one,
  paused: wanted,
  updatedAt: clock,
  plannedSince: wanted ? one.plannedSince : clock,
})

/** Takes up what Temporal has and the registry does not know: all of it after a fresh start. */
function found(draft: Draft, schedules: readonly FoundSchedule[]): ScheduleAnswer {
  const { version } = draft
  if (!draft.recovered) draft.version += 1
  draft.recovered = true
  for (const { body, revision, paused, createdAt, updatedAt } of schedules) {
    if (scheduleIn(draft, body.id) !== undefined || draft.removed.some(({ id }) => id === body.id) || draft.count >= mostSchedules) continue
    draft.definitionBytes += bytesOf(body)
    put(draft, { body, paused, createdAt, updatedAt, plannedSince: draft.clock, runs: [], forgottenBefore: 0, revision, inTemporal: revision })
  }
  return { kind: draft.version === version ? 'known' : 'noted' }
}

/** Until when somebody watched is of interest to who watches next, not to readers: the version stays. */
function watched(draft: Draft, from: Millis | null, until: Millis): ScheduleAnswer {
  draft.watchedUntil = Math.max(until, draft.watchedUntil ?? 0)
  if (from === null) return { kind: 'noted' }
  draft.gaps = [...draft.gaps, { from, to: until }].slice(-mostGaps)
  draft.version += 1
  return { kind: 'noted' }
}

function change(draft: Draft, id: ScheduleId, how: (one: Registered) => Registered): ScheduleAnswer {
  const known = scheduleIn(draft, id)
  if (known === undefined) return refused('unknown_schedule')
  const next = how(known)
  if (next === known) return { kind: 'known' }
  put(draft, next)
  return { kind: 'noted' }
}

/** The more schedules there are, the fewer runs are kept of each. */
function put(draft: Draft, one: Registered): void {
  const isNew = scheduleIn(draft, one.body.id) === undefined
  draft.schedules[one.body.id] = one
  draft.version += 1
  if (!isNew) return
  draft.count += 1
  const most = runsKept(draft.count)
  if (most === runsKept(draft.count - 1)) return
  for (const [id, other] of Object.entries(draft.schedules)) if (other.runs.length > most) draft.schedules[id] = kept(other, other.runs, most)
}

const refused = (code: ScheduleRefusal): ScheduleAnswer => ({ kind: 'refused', code })
const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const bytesOf = (body: ScheduleBody): number => new TextEncoder().encode(JSON.stringify(body)).length
