import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ScheduleNotFoundError, type ScheduleDescription } from '@temporalio/client'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureArbiter } from '../../activities/arbiter.ts'
import { Mirror } from '../../activities/schedules/mirror.ts'
import { createRegistry } from '../../activities/schedules/registry.ts'
import { AuditEvent } from '../../domain/events.ts'
import type { RegistryState } from '../../domain/scheduling/command.ts'
import type { Registry } from '../../domain/scheduling/registry-line.ts'
import { scheduleIn } from '../../domain/scheduling/registry.ts'
import { scheduleRegistryWorkflowId, temporalScheduleId } from '../../domain/scheduling/schedule.ts'
import { arbiterTaskTimeout, type RegistryRequest } from '../../workflows/messages.ts'
import { external, managed } from '../domain/scheduling/bodies.ts'
import { acquire, wish } from '../domain/arbitration/commands.ts'
import { keepRuns } from './keep-history.ts'
import { startStage, type Stage } from './stage.ts'

const batchesARun = 25
let stage: Stage
let registry: Registry

beforeAll(async () => {
  stage = await startStage({ worker: false })
  const request: RegistryRequest = { clusterId: stage.clusterId, carried: null, batchesARun }
  await stage.client.workflow.start('scheduleRegistry', {
    ...{
      workflowId: scheduleRegistryWorkflowId(stage.clusterId),
      taskQueue: stage.taskQueue,
      args: [request],
      workflowTaskTimeout: arbiterTaskTimeout,
    },
  })
  await stage.addWorker()
  await stage.surveyed()
  registry = createRegistry(stage.client, stage.clusterId)
  await until((state) => state.recovered)
})
afterAll(async () => {
  await keepRuns(stage.client, 'schedule-registry', scheduleRegistryWorkflowId(stage.clusterId), 3)
  for await (const { scheduleId } of stage.client.schedule.list())
    if (scheduleId.startsWith(temporalScheduleId(stage.clusterId, '')))
      await inTemporal(scheduleId)
        .delete()
        .catch(() => undefined)
  await stage.close()
})

const workflow = () => stage.client.workflow.getHandle(scheduleRegistryWorkflowId(stage.clusterId))
const inTemporal = (scheduleId: string) => stage.client.schedule.getHandle(scheduleId)
const named = (id: string): string => temporalScheduleId(stage.clusterId, id)

const runId = async (): Promise<string> => (await workflow().describe()).runId

/** Events of this kind in the audit trail. */
function audit(type: string): { id: string; schedule: string; data: Record<string, unknown> }[] {
  const files = existsSync(stage.places.auditDir) ? readdirSync(stage.places.auditDir).sort() : []
  const lines = files.flatMap((file) => readFileSync(join(stage.places.auditDir, file), 'utf8').split('\n').filter(Boolean))
  return lines
    .map((line) => AuditEvent.parse(JSON.parse(line)))
    .flatMap((event) => (event.type === type ? [{ ...event, schedule: event.schedule ?? '', data: event.data ?? {} }] : []))
}

/** Waits for the registry to be as `wanted` says; the test's own limit bounds it. */
async function until(wanted: (state: RegistryState) => boolean): Promise<RegistryState> {
  for (;;) {
    const state = await registry.peek().catch(() => null)
    if (state !== null && wanted(state)) return state
    await pause(50)
  }
}
/** What looks at Temporal's schedules each minute, for tests that do not wait so long. */
const mirror = (): Mirror =>
  new Mirror({
    ...{ client: stage.client, clusterId: stage.clusterId, taskQueue: stage.taskQueue, schedules: registry },
    ...{ log: pino({ level: 'silent' }), signal: new AbortController().signal },
  })
const mirrored = (id: string) =>
  until((state) => state.schedules[id] !== undefined && state.schedules[id].inTemporal === state.schedules[id].revision)

async function isListedPaused(id: string): Promise<boolean> {
  for await (const { scheduleId, state } of stage.client.schedule.list()) if (scheduleId === named(id)) return state.paused
  return false
}

async function describe(id: string): Promise<ScheduleDescription | null> {
  try {
    return await inTemporal(named(id)).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null
    throw error
  }
}

test('what is registered is shown by Temporal’s own page: paused, with its plan, its definition and whose it is', async () => {
  const body = external({ id: 'transcripts', cron: '0 3 1 * mon', timezone: 'Europe/Zurich', owner: 'Ada', host: 'nas' })
  expect(await registry.ask({ type: 'register', body })).toEqual({ kind: 'registered', created: true, changed: true, before: null })
  await mirrored('transcripts')
  const shown = await describe('transcripts')
  expect(shown?.state).toMatchObject({ paused: true, note: expect.stringContaining('Ada on nas') })
  expect(shown?.memo).toMatchObject({ definition: body })
  // The first of the month or any Monday: Temporal has a calendar for each.
  expect(shown?.spec.calendars).toHaveLength(2)
  expect(shown?.spec.timezone).toBe('Europe/Zurich')
})

test('registering again under the same id updates it, in Temporal as well, and the same once more changes nothing', async () => {
  const body = external({ id: 'again', cron: '0 3 * * *' })
  await registry.ask({ type: 'register', body })
  await mirrored('again')
  const later = { ...body, cron: '30 4 * * *' }
  expect(await registry.ask({ type: 'register', body: later })).toEqual({ kind: 'registered', created: false, changed: true, before: body })
  await mirrored('again')
  const shown = await describe('again')
  expect(shown?.memo).toMatchObject({ definition: later })
  expect(shown?.spec.calendars?.[0]?.hour).toMatchObject([{ start: 4 }])
  expect(await registry.ask({ type: 'register', body: later })).toMatchObject({ created: false, changed: false })
})

test('an external schedule that somebody resumes on Temporal’s page is paused again, and what was started by it did nothing', async () => {
  await registry.ask({ type: 'register', body: external({ id: 'resumed', every: '10s' }) })
  const state = await mirrored('resumed')
  await inTemporal(named('resumed')).unpause('by hand')
  await inTemporal(named('resumed')).trigger()
  while ((await describe('resumed'))?.state.paused !== true) {
    await mirror().inspect(await registry.read(), Date.now())
    await pause(100)
  }
  const started = (await describe('resumed'))?.info.recentActions[0]?.action.workflow.workflowId ?? ''
  expect(await stage.client.workflow.getHandle(started).result()).toContain('nothing was done')
  expect(state.schedules['resumed']?.runs).toEqual([])
})

test('a schedule that is removed is gone from Temporal, and one that was deleted there is made again', async () => {
  await registry.ask({ type: 'register', body: external({ id: 'removed' }) })
  await registry.ask({ type: 'register', body: external({ id: 'deleted' }) })
  await mirrored('removed')
  await mirrored('deleted')
  await inTemporal(named('deleted')).delete()
  expect(await registry.ask({ type: 'remove', id: 'removed' })).toMatchObject({ kind: 'removed', before: { id: 'removed' } })
  while ((await describe('removed')) !== null) await pause(100)
  while ((await describe('deleted')) === null) {
    await mirror().inspect(await registry.read(), Date.now())
    await pause(100)
  }
  expect((await registry.read()).schedules).not.toHaveProperty('removed')
})

test('a managed schedule that is paused and resumed here is so in Temporal, and the other way round', async () => {
  await registry.ask({ type: 'register', body: managed({ id: 'night', cron: '0 22 * * *', timezone: 'Europe/Zurich' }) })
  await mirrored('night')
  expect((await describe('night'))?.state.paused).toBe(false)
  expect(await registry.ask({ type: 'pause', id: 'night' })).toEqual({ kind: 'noted' })
  while ((await describe('night'))?.state.paused !== true) await pause(100)
  await mirrored('night')
  await inTemporal(named('night')).unpause('by hand')
  while (scheduleIn(await registry.read(), 'night')?.paused === true) {
    await mirror().inspect(await registry.read(), Date.now())
    await pause(100)
  }
  expect((await describe('night'))?.state.paused).toBe(false)
})

test('a run that does not come in its time is missed: told once, whoever watches', async () => {
  await registry.ask({ type: 'register', body: external({ id: 'late', every: '10s', grace_s: 10, owner: 'Ada', host: 'nas', command: '/opt/late' }) })
  const { schedules } = await until((state) => (state.schedules['late']?.runs.length ?? 0) >= 2)
  await registry.ask({ type: 'remove', id: 'late' })
  const missed = schedules['late']!.runs
  expect(missed).toMatchObject([{ state: 'missed' }, { state: 'missed' }])
  const ids = missed.map(({ due }) => `evt_missed_late_${due}`)
  while (audit('schedule_missed').length < missed.length) await pause(100)
  const told = audit('schedule_missed').filter(({ id }) => ids.includes(id))
  expect(told.map(({ id }) => id)).toEqual(ids.toReversed())
  expect(told[0]?.data).toMatchObject({
    schedule: 'late',
    owner: 'Ada',
    host: 'nas',
    command: '/opt/late',
    grace_s: 10,
    due_at: new Date(missed[1]!.due!).toISOString(),
  })
})

test('a lock that is taken for a schedule is a run of it', async () => {
  const soon = new Date(Date.now() + 60_000)
  await registry.ask({ type: 'register', body: external({ id: 'locks', at: soon.toISOString() }) })
  await stage.ask(wish(acquire('cron', { schedule: 'locks' })))
  const { schedules } = await until((state) => state.schedules['locks']?.runs[0] !== undefined)
  expect(schedules['locks']?.runs).toMatchObject([{ via: 'lock', state: 'ok', due: soon.getTime() }])
})

test('schedules, runs and what was told go on over any number of runs of the workflow', async () => {
  await registry.ask({ type: 'register', body: external({ id: 'keeper' }) })
  const news = { eventId: 'once', at: Date.now(), what: 'ok', via: 'ping', swapId: null, key: null, detail: null } as const
  await registry.ask({ type: 'note_run', id: 'keeper', due: null, news })
  const before = await mirrored('keeper')
  const runs = new Set<string>()
  while (runs.size < 4) {
    expect(await registry.ask({ type: 'note_run', id: 'keeper', due: null, news })).toEqual({ kind: 'known' })
    runs.add(await runId())
  }
  const after = await registry.read()
  expect(after.schedules['keeper']).toEqual(before.schedules['keeper'])
  expect(after.gaps).toEqual([])
})

test('a registry that was terminated finds its schedules again in Temporal, and nobody’s answer is wrong meanwhile', async () => {
  await registry.ask({ type: 'register', body: external({ id: 'found', every: '6h', owner: 'Bob' }) })
  await registry.ask({ type: 'register', body: managed({ id: 'found-paused' }) })
  await registry.ask({ type: 'pause', id: 'found-paused' })
  await mirrored('found')
  const before = await mirrored('found-paused')
  // Temporal's list is behind by a moment.
  while (!(await isListedPaused('found')) || !(await isListedPaused('found-paused'))) await pause(100)
  await workflow().terminate('a test')
  await ensureArbiter({ client: stage.client, clusterId: stage.clusterId, taskQueue: stage.taskQueue })
  expect(await registry.ask({ type: 'remove', id: 'found' })).toMatchObject({ kind: 'removed', before: { owner: 'Bob' } })
  const after = await registry.read()
  expect(after.version).toBeGreaterThan(before.version)
  expect(after.schedules['found-paused']).toMatchObject({ paused: true, createdAt: before.schedules['found-paused']?.createdAt })
})
