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
export const scheduleIn = ({ schedules }: RegistryState, id: ScheduleId): Registered | undefined =>
  Object.hasOwn(schedules, id) ? schedules[id] : undefined

interface Step {
  readonly state: RegistryState
  readonly answer: ScheduleAnswer
}

/** Decides a batch, one command after the other. `now` is the server's clock and may step back. Pure. */
export function decideSchedules(
  before: RegistryState,
  { commands, notAfter }: ScheduleBatch,
  now: Millis,
): { state: RegistryState; reply: ScheduleReply } {
  let state: RegistryState = { ...before, clock: Math.max(before.clock, now) }
  if (notAfter < state.clock) return { state, reply: { kind: 'late', now: state.clock } }
  // What is asked of a registry that knows nothing yet would get wrong answers.
  if (!state.recovered && !commands.some((command) => command.type === 'found')) return { state, reply: { kind: 'recovering', now: state.clock } }
  const answers: ScheduleAnswer[] = []
  for (const command of commands) {
    const step = obey(state, command)
    answers.push(step.answer)
    state = step.state
  }
  return { state, reply: { kind: 'decided', now: state.clock, answers } }
}

function obey(state: RegistryState, command: ScheduleCommand): Step {
  switch (command.type) {
    case 'register':
      return register(state, command.body)
    case 'remove':
      return remove(state, command.id)
    case 'pause':
    case 'resume':
      return pause(state, command.id, command.type === 'pause')
    case 'note_run':
      return change(state, command.id, (one) => withRun(one, command.due, command.news, runsKept(count(state))))
    case 'note_missed':
      return change(state, command.id, (one) => withMissed(one, command.due, command.detail, runsKept(count(state))))
    case 'mirrored':
      return change(state, command.id, (one) => (one.inTemporal === command.revision ? one : { ...one, inTemporal: command.revision }))
    case 'unmirrored':
      return unmirrored(state, command.id)
    case 'pause_seen':
      return change(state, command.id, (one) =>
        // An older look: we have told Temporal otherwise meanwhile.
        one.revision === command.revision && one.paused !== command.paused ? paused(one, command.paused, state.clock) : one,
      )
    case 'found':
      return found(state, command.schedules)
    case 'watched':
      return watched(state, command.from, command.until)
  }
}

function register(state: RegistryState, body: ScheduleBody): Step {
  const known = scheduleIn(state, body.id)
  if (known !== undefined && known.body.kind !== body.kind) return refused(state, 'schedule_exists')
  if (known !== undefined && sameJson(known.body, body))
    return { state, answer: { kind: 'registered', created: false, changed: false, before: null } }
  const definitionBytes = state.definitionBytes + bytesOf(body) - (known === undefined ? 0 : bytesOf(known.body))
  if ((known === undefined && count(state) >= mostSchedules) || definitionBytes > mostDefinitionBytes) return refused(state, 'too_many_schedules')
  const next = known === undefined ? created(body, state.clock) : updated(known, body, state.clock)
  // A tombstone goes: what Temporal still has under this id is replaced, as by any change.
  const removed = state.removed.filter(({ id }) => id !== body.id)
  const after = trimmed(put({ ...state, definitionBytes, removed }, body.id, next), count(state))
  return { state: after, answer: { kind: 'registered', created: known === undefined, changed: true, before: known?.body ?? null } }
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

function remove(state: RegistryState, id: ScheduleId): Step {
  const known = scheduleIn(state, id)
  if (known === undefined) return refused(state, 'unknown_schedule')
  const { [id]: _, ...schedules } = state.schedules
  const removed = [...state.removed.filter((one) => one.pending || state.clock - one.at < removedKeptMs), { id, at: state.clock, pending: true }]
  const definitionBytes = state.definitionBytes - bytesOf(known.body)
  return { state: { ...state, version: state.version + 1, schedules, removed, definitionBytes }, answer: { kind: 'removed', before: known.body } }
}

function unmirrored(state: RegistryState, id: ScheduleId): Step {
  if (!state.removed.some((one) => one.id === id && one.pending)) return { state, answer: { kind: 'known' } }
  const removed = state.removed.map((one) => (one.id === id ? { ...one, pending: false } : one))
  return { state: { ...state, version: state.version + 1, removed }, answer: { kind: 'noted' } }
}

function pause(state: RegistryState, id: ScheduleId, wanted: boolean): Step {
  if (scheduleIn(state, id)?.body.kind === 'external') return refused(state, 'schedule_not_managed')
  return change(state, id, (one) =>
    one.paused === wanted ? one : { ...paused(one, wanted, state.clock), revision: Math.max(state.clock, one.revision + 1) },
  )
}

const paused = (one: Registered, wanted: boolean, clock: Millis): Registered => ({
  ...one,
  paused: wanted,
  updatedAt: clock,
  plannedSince: wanted ? one.plannedSince : clock,
})

/** Takes up what Temporal has and the registry does not know: all of it after a fresh start. */
function found(state: RegistryState, schedules: readonly FoundSchedule[]): Step {
  let after: RegistryState = state.recovered ? state : { ...state, recovered: true, version: state.version + 1 }
  for (const { body, revision, ...facts } of schedules) {
    if (scheduleIn(after, body.id) !== undefined || after.removed.some(({ id }) => id === body.id) || count(after) >= mostSchedules) continue
    const one = { ...facts, body, plannedSince: state.clock, runs: [], forgottenBefore: 0, revision, inTemporal: revision }
    after = put({ ...after, definitionBytes: after.definitionBytes + bytesOf(body) }, body.id, one)
  }
  return { state: after, answer: { kind: after === state ? 'known' : 'noted' } }
}

/** Until when somebody watched is of interest to who watches next, not to readers: the version stays. */
function watched(state: RegistryState, from: Millis | null, until: Millis): Step {
  const gaps = from === null ? state.gaps : [...state.gaps, { from, to: until }].slice(-mostGaps)
  const version = from === null ? state.version : state.version + 1
  return { state: { ...state, version, gaps, watchedUntil: Math.max(until, state.watchedUntil ?? 0) }, answer: { kind: 'noted' } }
}

function change(state: RegistryState, id: ScheduleId, how: (one: Registered) => Registered): Step {
  const known = scheduleIn(state, id)
  if (known === undefined) return refused(state, 'unknown_schedule')
  const next = how(known)
  return next === known ? { state, answer: { kind: 'known' } } : { state: put(state, id, next), answer: { kind: 'noted' } }
}

const put = (state: RegistryState, id: ScheduleId, one: Registered): RegistryState => ({
  ...state,
  version: state.version + 1,
  schedules: { ...state.schedules, [id]: one },
})

/** The more schedules, the fewer runs are kept of each. */
function trimmed(state: RegistryState, before: number): RegistryState {
  const most = runsKept(count(state))
  if (most === runsKept(before)) return state
  const schedules = Object.fromEntries(
    Object.entries(state.schedules).map(([id, one]) => [id, one.runs.length > most ? kept(one, one.runs, most) : one]),
  )
  return { ...state, schedules }
}

const count = (state: RegistryState): number => Object.keys(state.schedules).length
const refused = (state: RegistryState, code: ScheduleRefusal): Step => ({ state, answer: { kind: 'refused', code } })
const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const bytesOf = (body: ScheduleBody): number => new TextEncoder().encode(JSON.stringify(body)).length
