import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ApiAnswer } from '../api/api-server.ts'
import { ManagedStage } from './managed-stage.ts'

let managed: ManagedStage
beforeAll(async () => {
  managed = await ManagedStage.start({ hosts: ['spark-1', 'spark-2'] })
})
afterAll(() => managed.close())
afterEach(() => expect(managed.api.undeclared).toEqual([]))

const path = '/api/schedule'
const nightly = { id: 'nightly', cron: '0 3 * * *', timezone: 'Europe/Zurich', owner: 'Ada', host: 'nas', model: 'gemma-3-27b' }
const night = { kind: 'managed', id: 'night-model', cron: '0 22 * * *', action: { type: 'swap', model: 'gemma-3-27b' } }
const total = async (): Promise<number> => (await managed.api.ask(path)).json.total as number
const get = (id: string): Promise<ApiAnswer> => managed.api.ask(`${path}/${id}`)
const post = (end: string, body: object = {}): Promise<ApiAnswer> => managed.post(`${path}${end}`, body)

test('a schedule is registered, and registered again under the same id; the same once more changes nothing', async () => {
  const created = await post('', nightly)
  expect(created).toMatchObject({ status: 201, headers: { location: `${path}/nightly` } })
  expect(created.json).toMatchObject({ kind: 'external', state: 'waiting', words: 'At 03:00, every day, Europe/Zurich', runs: [], last_run: null })
  expect(created.json.next_runs).toHaveLength(5)
  expect(created.json.next_run_at).toBe(created.json.next_runs[0])
  const again = await post('', nightly)
  expect(again).toMatchObject({ status: 200, json: { updated_at: created.json.updated_at } })
  expect(await post('', { ...nightly, cron: '30 4 * * *' })).toMatchObject({ status: 200, json: { words: 'At 04:30, every day, Europe/Zurich' } })
  const changed = await managed.api.ask(`${path}/nightly`, { method: 'PUT', body: { ...nightly, grace_s: 60 } })
  expect(changed).toMatchObject({ status: 200, json: { cron: '0 3 * * *', grace_s: 60 } })
})

test('an id in use by the other kind is refused', async () => {
  expect((await post('', { ...night, id: 'nightly' })).json).toMatchObject({ status: 409, code: 'schedule_exists' })
  expect((await post('', night)).status).toBe(201)
  expect((await post('', { ...nightly, id: 'night-model' })).json).toMatchObject({ status: 409, code: 'schedule_exists' })
})

test('a job that does not swap tells how it goes by pings', async () => {
  expect((await post('/nightly/ping/start')).json).toMatchObject({ state: 'running', last_run: { state: 'running', via: 'ping', ended_at: null } })
  const failed = await post('/nightly/ping/fail', { detail: 'no space left' })
  expect(failed.json).toMatchObject({ state: 'failed', last_run: { state: 'failed', detail: 'no space left' } })
  expect(failed.json.runs).toHaveLength(1)
  const done = await post('/nightly/ping')
  expect(done.json).toMatchObject({ state: 'waiting', last_run: { state: 'ok' } })
  expect(done.json.runs).toHaveLength(2)
})

test('a managed schedule tells of its runs by itself: a ping is refused, and is no run', async () => {
  expect((await post('/night-model/ping')).json).toMatchObject({ status: 409, code: 'schedule_managed' })
  expect((await get('night-model')).json.runs).toEqual([])
})

test('an external schedule is never run, paused or resumed from here; one that is not there is 404', async () => {
  for (const end of ['run', 'pause', 'resume']) {
    expect((await post(`/nightly/${end}`)).json).toMatchObject({ status: 409, code: 'schedule_not_managed' })
    expect((await post(`/nobody/${end}`)).json).toMatchObject({ status: 404, code: 'unknown_schedule' })
  }
  expect((await post('/nobody/ping')).json).toMatchObject({ status: 404, code: 'unknown_schedule' })
  expect((await get('constructor')).json).toMatchObject({ status: 404, code: 'unknown_schedule' })
  expect((await managed.api.ask(`${path}/nobody`, { method: 'DELETE', body: {} })).json).toMatchObject({ status: 404, code: 'unknown_schedule' })
})

test('for a managed schedule the next times are those that Temporal itself tells', async () => {
  await managed.until('night-model', (view) => view.in_temporal)
  const { next_runs } = await managed.read('night-model')
  const { info } = await managed.stage.client.schedule.getHandle(`spark/${managed.stage.clusterId}/night-model`).describe()
  expect(next_runs).toEqual(info.nextActionTimes.slice(0, 5).map((time) => time.toISOString()))
})

test('what will collide is listed: two schedules, or a schedule and a reservation', async () => {
  const tokenHash = createHash('sha256').update('a long reservation').digest('hex')
  await managed.stage.ask({ type: 'acquire', tokenHash, holder: 'Ada', purpose: null, ttlS: 86_400, hosts: ['spark-1'] })
  await post('', { ...nightly, id: 'nightly-too', cron: '5 3 * * *' })
  const { json } = await managed.api.ask(path)
  const pairs = (json.conflicts as { between: string[] }[]).map(({ between }) => between.toSorted().join(' | '))
  expect(pairs).toEqual(expect.arrayContaining(['lock of Ada | nightly', 'nightly | nightly-too']))
  expect(json.conflicts[0]).toMatchObject({ hosts: ['spark-1'], at: expect.stringMatching(/Z$/) })
  await managed.stage.ask({ type: 'release', tokenHash })
})

test('a crontab is read, shown without being registered on a dry run, and registered line by line', async () => {
  const crontab = 'MAILTO=ada\n# the night\n0 3 * * * /home/ada/embed.sh --all\n@reboot /home/ada/warm.sh\n*/15 * * * * /home/ada/poll.sh\n'
  const asked = { crontab, owner: 'Ada', host: 'nas', timezone: 'Europe/Zurich' }
  const planned = await post('/import', { ...asked, dry_run: true })
  expect(planned.json.imported).toHaveLength(2)
  expect(planned.json.skipped).toMatchObject([{ line: 4, text: expect.stringContaining('@reboot') }])
  const before = await total()
  expect((await post('/import', asked)).json).toEqual(planned.json)
  expect(await total()).toBe(before + 2)
  const [first] = planned.json.imported as { id: string }[]
  expect((await get(first!.id)).json).toMatchObject({ cron: '0 3 * * *', owner: 'Ada', host: 'nas', timezone: 'Europe/Zurich' })
  expect((await post('/import', asked)).json).toEqual(planned.json)
  expect(await total()).toBe(before + 2)
})

test('an import does not take the id of another kind: the job is skipped, with the reason', async () => {
  const openclaw = {
    jobs: [{ id: 'j1', name: 'brief', enabled: true, schedule: { kind: 'cron', expr: '0 7 * * *' }, payload: { kind: 'agentTurn', message: 'x' } }],
  }
  const asked = { openclaw, owner: 'Ada', host: 'nas' }
  const [job] = (await post('/import', { ...asked, dry_run: true })).json.imported as { id: string }[]
  await managed.schedule(job!.id, { type: 'health_sweep' })
  const { json } = await post('/import', asked)
  expect(json).toMatchObject({ imported: [], skipped: [{ line: null, reason: 'That id belongs to a schedule of the other kind' }] })
})

test('the audit trail tells who registered, changed, ran, paused and removed what', async () => {
  const by = { 'x-spark-holder': 'Grace' }
  const body = { kind: 'managed', id: 'audited', cron: '0 1 1 1 *', action: { type: 'health_sweep' } }
  await managed.api.post(path, body, by)
  await managed.api.post(path, { ...body, cron: '0 2 1 1 *' }, by)
  await managed.until('audited', (view) => view.in_temporal)
  for (const end of ['run', 'pause', 'resume']) await managed.api.post(`${path}/audited/${end}`, {}, by)
  await managed.api.ask(`${path}/audited`, { method: 'DELETE', headers: by, body: {} })
  const told = (await managed.stage.audit()).filter((event) => event.schedule === 'audited' && event.actor?.name === 'Grace')
  expect(told.map(({ type, result }) => [type, result])).toEqual([
    ['schedule_created', null],
    ['schedule_updated', null],
    ['schedule_run', 'asked for by hand'],
    ['schedule_updated', 'paused'],
    ['schedule_updated', 'resumed'],
    ['schedule_deleted', null],
  ])
  expect(told[1]).toMatchObject({
    before: { cron: '0 1 1 1 *' },
    after: { cron: '0 2 1 1 *' },
    actor: { address: expect.stringContaining('127.0.0.1') },
  })
})

test('a thousand schedules are listed page by page, each once, and by state and kind', async () => {
  const before = await total()
  const numbers = Array.from({ length: 1_000 }, (_, i) => String(i).padStart(4, '0'))
  const lines = numbers.map((n) => `${String(Number(n) % 60)} ${String(Number(n) % 24)} * * * /jobs/${n}.sh`)
  for (let from = 0; from < lines.length; from += 250) {
    const { json } = await post('/import', { crontab: lines.slice(from, from + 250).join('\n'), owner: 'Ada', host: 'farm' })
    expect(json.imported).toHaveLength(250)
  }
  const seen: string[] = []
  for (let after: string | null = ''; after !== null;) {
    const { status, json } = await managed.api.ask(`${path}?limit=300${after === '' ? '' : `&after=${after}`}`)
    expect(status).toBe(200)
    expect(json.total).toBe(before + 1_000)
    seen.push(...(json.schedules as { id: string }[]).map(({ id }) => id))
    after = json.next as string | null
  }
  expect(seen).toHaveLength(before + 1_000)
  expect(seen).toEqual([...new Set(seen)].toSorted())
  const all = (await managed.api.ask(`${path}?kind=external&state=waiting&limit=2000`)).json
  expect(all.schedules).toHaveLength(all.total as number)
  expect(all.total).toBeGreaterThanOrEqual(1_000)
  expect((await managed.api.ask(`${path}?limit=0`)).json).toMatchObject({ status: 422, code: 'invalid_request' })
})
