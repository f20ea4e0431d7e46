import { beforeEach, expect, test } from 'vitest'
import { Lateness } from '../../activities/schedules/lateness.ts'
import type { Noted } from '../../domain/events.ts'
import type { Batcher } from '../../domain/group-commit.ts'
import type { ScheduleCommand } from '../../domain/scheduling/command.ts'
import { createRegistryLine, type Registry } from '../../domain/scheduling/registry-line.ts'
import { decideSchedules, freshRegistry } from '../../domain/scheduling/registry.ts'
import { external, managed } from '../domain/scheduling/bodies.ts'

const second = 1_000
const start = Date.parse('2026-01-05T02:59:00Z')
const due = Date.parse('2026-01-05T03:00:00Z')

/** The registry's own decisions without Temporal between, and what the arbiter was told. The clock is the test's. */
let now: number
let told: Noted[]
let arbiterIsSilent: boolean
let schedules: Registry
let watch: Lateness

beforeEach(async () => {
  let state = freshRegistry('demo', start)
  ;[now, told, arbiterIsSilent] = [start, [], false]
  schedules = createRegistryLine({
    send: (_id, batch) => {
      const decision = decideSchedules(state, batch, now)
      state = decision.state
      return Promise.resolve(decision.reply)
    },
    look: () => Promise.resolve(state),
    now: () => now,
    sleep: () => Promise.resolve(),
    newId: () => 'one',
  })
  watch = watching(null)
  await ask({ type: 'found', schedules: [] })
})

const arbiter: Batcher = {
  ask(wish) {
    if (arbiterIsSilent) return Promise.reject(new Error('silent'))
    if (wish.type === 'note') told.push(...wish.entries)
    return Promise.resolve({ kind: 'noted' })
  },
  arbiterNow: () => now,
}
const watching = (lookedAt: number | null): Lateness => new Lateness({ schedules, arbiter }, lookedAt)
const ask = (command: ScheduleCommand) => schedules.ask(command)
const look = async (): Promise<void> => watch.look(await schedules.read(), now)
/** Looks every two seconds, as a worker does, until so long after the due time. */
async function watchUntil(after: number): Promise<void> {
  for (; now < due + after; now += 2 * second) await look()
  now = due + after
  await look()
}
const runs = async () => (await schedules.read()).schedules['a-cron']?.runs

test('a run that does not come within its grace is told once and noted once', async () => {
  await ask({ type: 'register', body: external({ grace_s: 60, command: '/opt/nightly', hosts: ['spark-1'] }) })
  await watchUntil(60 * second)
  expect(told).toEqual([])
  await watchUntil(70 * second)
  expect(told).toEqual([
    {
      ...{ id: `evt_missed_a-cron_${due}`, type: 'schedule_missed', schedule: 'a-cron', hosts: ['spark-1'] },
      data: { schedule: 'a-cron', due_at: '2026-01-05T03:00:00.000Z', owner: 'Ada', host: 'nas', command: '/opt/nightly', grace_s: 60 },
    },
  ])
  expect(await runs()).toMatchObject([{ due, state: 'missed', detail: null }])
})

test('a run that came, however it ended, is not missed', async () => {
  await ask({ type: 'register', body: external({ grace_s: 60 }) })
  await watchUntil(30 * second)
  const news = { eventId: 'e1', at: now, what: 'failed', via: 'ping', swapId: null, key: null, detail: null } as const
  await ask({ type: 'note_run', id: 'a-cron', due, news })
  await watchUntil(90 * second)
  expect(told).toEqual([])
})

test('what could not be told is told by the next look', async () => {
  await ask({ type: 'register', body: external({ grace_s: 60 }) })
  await watchUntil(60 * second)
  arbiterIsSilent = true
  now += 2 * second
  await expect(look()).rejects.toThrow('silent')
  expect(await runs()).toEqual([])
  arbiterIsSilent = false
  now += 2 * second
  await look()
  await look()
  expect(told).toHaveLength(1)
  expect(await runs()).toHaveLength(1)
})

test('another watch that goes on where this one ended tells nothing twice and overlooks nothing', async () => {
  await ask({ type: 'register', body: external({ cron: '*/2 * * * *', grace_s: 30 }) })
  await watchUntil(40 * second)
  watch = watching(watch.lookedAt)
  await watchUntil(160 * second)
  expect(told.map(({ id }) => id)).toEqual([`evt_missed_a-cron_${due}`, `evt_missed_a-cron_${due + 120 * second}`])
})

test('when nobody watched in its time it is noted as missed, with that reason, and nobody is alarmed', async () => {
  await ask({ type: 'register', body: external({ grace_s: 60 }) })
  await watchUntil(-10 * second)
  watch = watching(watch.lookedAt)
  now = due + 3_600 * second
  await look()
  expect(told).toEqual([])
  expect(await runs()).toMatchObject([{ due, state: 'missed', detail: expect.stringContaining('nobody watched') }])
})

test('a gap that a short restart makes is none', async () => {
  await ask({ type: 'register', body: external({ grace_s: 60 }) })
  await watchUntil(-10 * second)
  watch = watching(watch.lookedAt)
  now = due + 15 * second
  await watchUntil(70 * second)
  expect(told).toHaveLength(1)
})

test('a gap is remembered until the grace is over', async () => {
  await ask({ type: 'register', body: external({ grace_s: 600 }) })
  await watchUntil(-10 * second)
  now = due + 60 * second
  await watchUntil(620 * second)
  expect(told).toEqual([])
  expect(await runs()).toMatchObject([{ detail: expect.stringContaining('nobody watched') }])
})

test('those that Temporal fires are not watched', async () => {
  await ask({ type: 'register', body: managed({ id: 'a-cron', catchup_window_s: 10 }) })
  await watchUntil(60 * second)
  expect([told, await runs()]).toEqual([[], []])
})
