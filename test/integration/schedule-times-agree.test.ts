import { randomBytes } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { temporalSchedule } from '../../activities/schedules/temporal-schedule.ts'
import type { Registered } from '../../domain/scheduling/command.ts'
import { dueTimes, planOf, type When } from '../../domain/scheduling/when.ts'
import { managed } from '../domain/scheduling/bodies.ts'

const clusterId = `times-${randomBytes(4).toString('hex')}`
let connection: Connection
let client: Client

beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporalAddress') })
  client = new Client({ connection })
})
afterAll(() => connection.close())

/** The due times that Temporal reckons for a schedule that we give it, and those that we reckon ourselves. */
async function both(when: Partial<When>, from: string, to: string): Promise<{ temporal: string[]; ours: string[] }> {
  const body = managed({ id: `s-${randomBytes(4).toString('hex')}`, ...when })
  const createdAt = Date.parse('2026-01-01T00:00:00Z')
  const one: Registered = {
    ...{ body, paused: true, createdAt, updatedAt: createdAt, plannedSince: createdAt, runs: [], forgottenBefore: 0, revision: 1, inTemporal: null },
  }
  const handle = await client.schedule.create(temporalSchedule(clusterId, 'nobody', one, createdAt))
  try {
    const { namespace } = client.options
    const range = { startTime: msToTs(Date.parse(from)), endTime: msToTs(Date.parse(to)) }
    const { startTime } = await connection.workflowService.listScheduleMatchingTimes({ namespace, scheduleId: handle.scheduleId, ...range })
    const iso = (ms: number): string => new Date(ms).toISOString()
    const ours = dueTimes(planOf(body, createdAt), Date.parse(from) - 1, Date.parse(to), 1_000).map(iso)
    return { temporal: startTime.map((time) => iso(tsToMs(time))), ours }
  } finally {
    await handle.delete()
  }
}

test.each<[string, Partial<When>]>([
  ['every night', { cron: '0 3 * * *' }],
  ['lists, ranges and steps', { cron: '5-55/10 8-18/2 * * mon-fri' }],
  ['the first of the month or any Monday', { cron: '0 0 1,15 * 1' }],
  ['every second day that is a Monday', { cron: '0 0 */2 * 1' }],
  ['a name', { cron: '@weekly' }],
  ['Sunday as seven', { cron: '30 6 * 1-3 5-7', timezone: 'America/New_York' }],
  ['every six hours', { every: '6h' }],
  ['every 90 minutes', { every: '90m' }],
  ['once', { at: '2026-01-17T04:05:06Z' }],
])('Temporal fires at the times that we show: %s', async (_what, when) => {
  const { temporal, ours } = await both(when, '2026-01-05T00:00:30Z', '2026-02-20T00:00:00Z')
  expect(ours.length).toBeGreaterThan(0)
  expect(temporal).toEqual(ours)
})

const zones = ['Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe']
const crons = ['30 2 * * *', '15 2 * * *', '45 1 * * *', '0,30 1,2,14 * * *', '0 2 1-31 * *', '*/30 2 * * *', '30 * * * *', '0 3 * * *']

test.each(zones.flatMap((zone) => crons.map((cron) => [cron, zone] as const)))(
  'also on the days when clocks are changed Temporal fires then, within a second: %s in %s',
  async (cron, timezone) => {
    const { temporal, ours } = await both({ cron, timezone }, '2026-03-01T00:00:30Z', '2026-11-20T00:00:00Z')
    expect(temporal.map(toTheMinute)).toEqual(ours)
  },
)

const toTheMinute = (time: string): string => `${time.slice(0, 17)}00${time.slice(19)}`
