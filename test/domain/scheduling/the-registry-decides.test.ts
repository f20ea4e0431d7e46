import { describe, expect, test } from 'vitest'
import type { Registered, RegistryState, RunNews, ScheduleAnswer, ScheduleCommand } from '../../../domain/scheduling/command.ts'
import { decideSchedules, freshRegistry, mostDefinitionBytes, mostSchedules, scheduleIn } from '../../../domain/scheduling/registry.ts'
import type { ScheduleBody } from '../../../domain/scheduling/schedule.ts'
import { external, managed } from './bodies.ts'

const begin = Date.parse('2026-01-01T00:00:00.400Z')
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** A registry that has found its schedules, with a clock of its own. */
class Desk {
  state: RegistryState = freshRegistry('demo', begin)
  now = begin

  constructor(...bodies: ScheduleBody[]) {
    this.ask({ type: 'found', schedules: [] }, ...bodies.map((body): ScheduleCommand => ({ type: 'register', body })))
  }

  ask(...commands: ScheduleCommand[]): ScheduleAnswer[] {
    const { state, reply } = decideSchedules(this.state, { commands, notAfter: this.now + 5_000 }, this.now)
    this.state = state
    if (reply.kind !== 'decided') throw new Error(reply.kind)
    return [...reply.answers]
  }

  get(id = 'a-cron'): Registered {
    const found = scheduleIn(this.state, id)
    if (found === undefined) throw new Error(`no schedule ${id}`)
    return found
  }
}

let events = 0
const news = (what: RunNews['what'], at: number, more: Partial<RunNews> = {}): RunNews => ({
  ...{ eventId: `e${++events}`, at, what, via: 'ping', swapId: null, key: null, detail: null },
  ...more,
})
const noted = (run: RunNews, due: number | null = null): ScheduleCommand => ({ type: 'note_run', id: 'a-cron', due, news: run })

describe('registering', () => {
  test('a new id is created, the same once more changes nothing, another definition updates', () => {
    const desk = new Desk()
    const [created] = desk.ask({ type: 'register', body: external() })
    expect(created).toEqual({ kind: 'registered', created: true, changed: true, before: null })
    const { version } = desk.state
    expect(desk.ask({ type: 'register', body: external() })).toEqual([{ kind: 'registered', created: false, changed: false, before: null }])
    expect(desk.state.version).toBe(version)
    desk.now += 60_000
    const [updated] = desk.ask({ type: 'register', body: external({ owner: 'Bob' }) })
    expect(updated).toEqual({ kind: 'registered', created: false, changed: true, before: external() })
    expect(desk.get()).toMatchObject({ createdAt: begin - 400, plannedSince: begin, updatedAt: desk.now })
  })

  test('with another plan, due times count from now on; runs stay', () => {
    const desk = new Desk(external())
    desk.ask(noted(news('ok', begin)))
    desk.now += 60_000
    desk.ask({ type: 'register', body: external({ cron: '0 4 * * *' }) })
    expect(desk.get()).toMatchObject({ plannedSince: desk.now, runs: [{ state: 'ok' }] })
  })

  test('an id of the other kind is refused', () => {
    const desk = new Desk(external({ id: 'both' }))
    expect(desk.ask({ type: 'register', body: managed({ id: 'both' }) })).toEqual([{ kind: 'refused', code: 'schedule_exists' }])
  })

  test('an id may be called as what every object has', () => {
    const desk = new Desk(external({ id: 'constructor' }))
    expect(desk.get('constructor').body.id).toBe('constructor')
    expect(desk.ask({ type: 'remove', id: 'toString' })).toEqual([{ kind: 'refused', code: 'unknown_schedule' }])
  })

  test('there is an end to how many there can be, and all of them with their runs fit into one message of Temporal', () => {
    const desk = new Desk()
    const bodies = Array.from({ length: mostSchedules + 1 }, (_, i) =>
      external({ id: `cron-${i}`, command: `/opt/jobs/nightly --number ${i} ${'x'.repeat(100)}` }),
    )
    const answers = desk.ask(...bodies.map((body): ScheduleCommand => ({ type: 'register', body })))
    expect(answers.filter(({ kind }) => kind === 'registered')).toHaveLength(mostSchedules)
    expect(answers.at(-1)).toEqual({ kind: 'refused', code: 'too_many_schedules' })
    for (let round = 0; round < 4; round++) {
      const runs = bodies.slice(0, mostSchedules).map(({ id }): ScheduleCommand => ({
        type: 'note_run',
        id,
        due: begin,
        news: news('failed', begin + round, { detail: 'é'.repeat(500), swapId: `swap-${'a'.repeat(20)}` }),
      }))
      desk.ask(...runs)
    }
    expect(bytes(desk.state)).toBeLessThan(2_000_000)
  })

  test('nor may their definitions be larger than that', () => {
    const desk = new Desk()
    const large = (i: number): ScheduleBody => external({ id: `cron-${i}`, command: '漢'.repeat(500), description: '字'.repeat(300) })
    let registered = 0
    while (desk.ask({ type: 'register', body: large(registered) })[0]?.kind === 'registered') registered += 1
    expect(bytes(Object.values(desk.state.schedules).map(({ body }) => body))).toBeLessThan(mostDefinitionBytes + registered + 2)
    desk.ask({ type: 'remove', id: 'cron-0' })
    expect(desk.ask({ type: 'register', body: large(registered) })).toMatchObject([{ kind: 'registered' }])
  })

  test('with more schedules fewer runs are kept of each, and it is known before when runs are forgotten', () => {
    const desk = new Desk(external())
    for (let i = 0; i < 25; i++) desk.ask(noted(news('ok', begin + i)))
    expect(desk.get()).toMatchObject({ runs: { length: 20 }, forgottenBefore: begin + 4 })
    desk.ask(...Array.from({ length: 999 }, (_, i): ScheduleCommand => ({ type: 'register', body: external({ id: `cron-${i}` }) })))
    expect(desk.get()).toMatchObject({ runs: { length: 3 }, forgottenBefore: begin + 21 })
  })
})

describe('removing', () => {
  test('it is gone at once, and kept in mind until Temporal has forgotten it too', () => {
    const desk = new Desk(external())
    expect(desk.ask({ type: 'remove', id: 'a-cron' })).toEqual([{ kind: 'removed', before: external() }])
    expect(desk.ask({ type: 'remove', id: 'a-cron' })).toEqual([{ kind: 'refused', code: 'unknown_schedule' }])
    expect(desk.state.removed).toMatchObject([{ id: 'a-cron', pending: true }])
    desk.ask({ type: 'unmirrored', id: 'a-cron' })
    expect(desk.state.removed).toMatchObject([{ pending: false }])
  })

  test('a list of Temporal that is behind does not bring it back', () => {
    const desk = new Desk(external())
    const one = desk.get()
    desk.ask({ type: 'remove', id: 'a-cron' }, { type: 'unmirrored', id: 'a-cron' }, { type: 'found', schedules: [one] })
    expect(desk.state.schedules).toEqual({})
  })

  test('registered anew it has a higher revision than ever before', () => {
    const desk = new Desk(external())
    desk.ask({ type: 'register', body: external({ owner: 'Bob' }) })
    const { revision } = desk.get()
    desk.now += 1_000
    desk.ask({ type: 'remove', id: 'a-cron' }, { type: 'register', body: external() })
    expect(desk.get().revision).toBeGreaterThan(revision)
    expect(desk.get().inTemporal).toBeNull()
  })
})

describe('runs', () => {
  test('an event that is told twice is one run', () => {
    const desk = new Desk(external())
    const run = noted(news('ok', begin))
    expect(desk.ask(run, run)).toEqual([{ kind: 'noted' }, { kind: 'known' }])
    expect(desk.get().runs).toHaveLength(1)
  })

  test('a swap ends the run that it began', () => {
    const desk = new Desk(external())
    desk.ask(noted(news('started', begin, { via: 'swap', swapId: 'swap-1234' }), begin))
    expect(desk.get().runs).toMatchObject([{ due: begin, state: 'running', endedAt: null }])
    desk.ask(noted(news('failed', begin + 9, { via: 'swap', swapId: 'swap-1234', detail: 'no memory' })))
    expect(desk.get().runs).toMatchObject([{ due: begin, state: 'failed', startedAt: begin, endedAt: begin + 9, detail: 'no memory' }])
  })

  test('a lock is a run of its own until a swap follows: then both are one', () => {
    const desk = new Desk(external())
    desk.ask(noted(news('started', begin, { via: 'lock' }), begin))
    expect(desk.get().runs).toMatchObject([{ via: 'lock', state: 'ok' }])
    desk.ask(noted(news('started', begin + 1_000, { via: 'swap', swapId: 'swap-1234' }), begin))
    expect(desk.get().runs).toMatchObject([{ via: 'swap', state: 'running', swapId: 'swap-1234', startedAt: begin }])
    desk.ask(noted(news('ok', begin + 2_000, { via: 'swap', swapId: 'swap-1234' })))
    expect(desk.get().runs).toMatchObject([{ state: 'ok', endedAt: begin + 2_000 }])
  })

  test('a model that was there already is a whole run, or a part of the one whose lock was taken for it', () => {
    const desk = new Desk(external())
    const served = (at: number) => noted(news('ok', at, { via: 'swap', detail: 'its model was there already' }), at)
    desk.ask(served(begin))
    expect(desk.get().runs).toMatchObject([{ due: begin, via: 'swap', state: 'ok', startedAt: begin, endedAt: begin, swapId: null }])
    desk.ask(noted(news('started', begin + 5_000, { via: 'lock' }), begin + 5_000), served(begin + 6_000))
    expect(desk.get().runs).toMatchObject([{ via: 'lock', state: 'ok', startedAt: begin + 5_000 }, { via: 'swap' }])
    expect(desk.get().runs).toHaveLength(2)
  })

  test('a managed one whose model was there already tells that by its own firing', () => {
    const desk = new Desk(managed({ id: 'a-cron' }))
    expect(desk.ask(noted(news('ok', begin, { via: 'swap' }), begin))).toEqual([{ kind: 'known' }])
    expect(desk.get().runs).toEqual([])
  })

  test('what a job says itself counts: a swap within it does not end it, and a failed one leaves its word', () => {
    const desk = new Desk(external())
    desk.ask(noted(news('started', begin)), noted(news('started', begin + 1, { via: 'swap', swapId: 'swap-1234' })))
    desk.ask(noted(news('failed', begin + 2, { via: 'swap', swapId: 'swap-1234', detail: 'no memory' })))
    expect(desk.get().runs).toMatchObject([{ via: 'ping', state: 'running', swapId: 'swap-1234', detail: 'no memory' }])
    desk.ask(noted(news('ok', begin + 3)))
    expect(desk.get().runs).toMatchObject([{ state: 'ok', endedAt: begin + 3, detail: 'no memory' }])
  })

  test('what a run said of its own end stays, also when the end of its swap is heard of later', () => {
    const desk = new Desk(managed({ id: 'a-cron' }))
    const fired = { via: 'fired', key: 'run-1', swapId: 'run-1234' } as const
    desk.ask(noted(news('started', begin, fired), begin), noted(news('failed', begin + 5, { ...fired, detail: 'preflight_failed: no weights' })))
    desk.ask(noted(news('failed', begin + 4, { via: 'swap', swapId: 'run-1234', detail: 'no weights' })))
    expect(desk.get().runs).toMatchObject([{ state: 'failed', endedAt: begin + 5, detail: 'preflight_failed: no weights' }])
  })

  test('a ping at the end alone is a whole run, and a new start ends one that never said how it ended', () => {
    const desk = new Desk(external())
    desk.ask(noted(news('ok', begin)), noted(news('started', begin + 1)), noted(news('started', begin + 2)))
    expect(desk.get().runs).toMatchObject([{ state: 'running' }, { state: 'failed', detail: expect.stringContaining('never said') }, { state: 'ok' }])
  })

  test('a fired run is joined by its key, also when its end is heard of first', () => {
    const desk = new Desk(managed({ id: 'a-cron' }))
    const fired = { via: 'fired', key: 'run-1' } as const
    desk.ask(noted(news('ok', begin + 5, fired), begin))
    desk.ask(noted(news('started', begin, fired), begin))
    expect(desk.get().runs).toMatchObject([{ via: 'fired', key: 'run-1', state: 'ok', endedAt: begin + 5 }])
  })

  test('a due time is missed once, and not when something came or when its time is forgotten', () => {
    const desk = new Desk(external())
    const missed: ScheduleCommand = { type: 'note_missed', id: 'a-cron', due: begin + 1, detail: null }
    expect(desk.ask(missed, missed)).toEqual([{ kind: 'noted' }, { kind: 'known' }])
    desk.ask(noted(news('ok', begin + 5), begin + 2))
    expect(desk.ask({ ...missed, due: begin + 2 })).toEqual([{ kind: 'known' }])
    for (let i = 0; i < 25; i++) desk.ask(noted(news('ok', begin + 10 + i)))
    expect(desk.ask(missed)).toEqual([{ kind: 'known' }])
  })
})

describe('pausing', () => {
  test('is for managed ones only', () => {
    const desk = new Desk(external({ id: 'theirs' }), managed({ id: 'ours' }))
    expect(desk.ask({ type: 'pause', id: 'theirs' })).toEqual([{ kind: 'refused', code: 'schedule_not_managed' }])
    const { revision } = desk.get('ours')
    expect(desk.ask({ type: 'pause', id: 'ours' }, { type: 'pause', id: 'ours' })).toEqual([{ kind: 'noted' }, { kind: 'known' }])
    expect(desk.get('ours')).toMatchObject({ paused: true })
    expect(desk.get('ours').revision).toBeGreaterThan(revision)
  })

  test('a pause that was seen in Temporal is taken over, unless we said otherwise meanwhile', () => {
    const desk = new Desk(managed({ id: 'ours' }))
    const { revision } = desk.get('ours')
    desk.ask({ type: 'pause_seen', id: 'ours', revision, paused: true })
    expect(desk.get('ours')).toMatchObject({ paused: true, revision })
    desk.ask({ type: 'resume', id: 'ours' }, { type: 'pause_seen', id: 'ours', revision, paused: true })
    expect(desk.get('ours').paused).toBe(false)
  })
})

describe('a fresh registry', () => {
  test('answers nothing until it was told what Temporal has', () => {
    const fresh = freshRegistry('demo', begin)
    const ask = (...commands: ScheduleCommand[]) => decideSchedules(fresh, { commands, notAfter: begin }, begin).reply
    expect(ask({ type: 'remove', id: 'a-cron' })).toEqual({ kind: 'recovering', now: begin })
    expect(ask({ type: 'found', schedules: [] })).toMatchObject({ kind: 'decided' })
  })

  test('takes up what it finds, as it was, and has a later version than the one before', () => {
    const before = new Desk(external(), managed({ id: 'ours' }))
    before.ask({ type: 'pause', id: 'ours' })
    const found = Object.values(before.state.schedules)
    const desk = new Desk()
    desk.state = freshRegistry('demo', begin + 60_000)
    desk.now = begin + 60_000
    desk.ask({ type: 'found', schedules: found })
    expect(desk.state.version).toBeGreaterThan(before.state.version)
    expect(desk.get('ours')).toMatchObject({ paused: true, createdAt: begin - 400, inTemporal: before.get('ours').revision })
  })
})

test('a batch that comes after its time changes nothing and tells the time', () => {
  const { state } = new Desk(external())
  const decision = decideSchedules(state, { commands: [{ type: 'remove', id: 'a-cron' }], notAfter: begin + 1 }, begin + 2)
  expect(decision.reply).toEqual({ kind: 'late', now: begin + 2 })
  expect(decision.state.schedules).toBe(state.schedules)
})

test('until when somebody watched is kept without waking readers; a gap in it wakes them', () => {
  const desk = new Desk()
  const { version } = desk.state
  desk.ask({ type: 'watched', from: null, until: begin + 5 })
  expect(desk.state).toMatchObject({ version, watchedUntil: begin + 5, gaps: [] })
  desk.ask({ type: 'watched', from: begin + 5, until: begin + 99 })
  expect(desk.state).toMatchObject({ version: version + 1, gaps: [{ from: begin + 5, to: begin + 99 }] })
})
