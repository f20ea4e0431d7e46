import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiServer, type ApiAnswer } from './api-server.ts'

/** Temporal is not there: what passes all checks is 503, what does not is refused before anybody is asked. */
let api: ApiServer
beforeAll(async () => {
  api = await ApiServer.start()
})
afterAll(async () => {
  expect(api.undeclared).toEqual([])
  await api.close()
})

const external = { id: 'nightly', cron: '0 3 * * *', owner: 'Ada', host: 'nas' }
const managed = { kind: 'managed', id: 'night-model', cron: '0 22 * * *', action: { type: 'swap', model: 'mine' } }
const post = (body: object): Promise<ApiAnswer> => api.post('/api/schedule', body)
const fields = ({ json }: ApiAnswer): string[] => (json.errors as { field: string }[]).map((error) => error.field)

test('what is in order is taken as far as Temporal', async () => {
  expect((await post(external)).json).toMatchObject({ status: 503, code: 'temporal_down' })
  expect((await post(managed)).json).toMatchObject({ status: 503, code: 'temporal_down' })
})

test.each([
  ['a cron with six fields', { cron: '0 0 3 * * *' }, 'cron_invalid', 'cron'],
  ['a cron that cannot be read', { cron: '61 3 * * *' }, 'cron_invalid', 'cron'],
  ['a cron that never fires', { cron: '0 3 31 2 *' }, 'cron_never_fires', 'cron'],
  ['@reboot', { cron: '@reboot' }, 'cron_invalid', 'cron'],
  ['a time zone that is none', { timezone: 'Mars/Olympus' }, 'unknown_timezone', 'timezone'],
  ['a time that is over', { cron: undefined, at: '2020-01-01T00:00:00Z' }, 'cron_never_fires', 'at'],
  ['an interval that is too short', { cron: undefined, every: '2s' }, 'cron_invalid', 'every'],
  ['two plans at once', { every: '6h' }, 'invalid_request', 'cron'],
  ['no plan at all', { cron: undefined }, 'invalid_request', 'cron'],
])('%s is refused, at its field', async (_what, more, code, field) => {
  for (const body of [external, managed]) {
    const answer = await post({ ...body, ...more })
    expect(answer.json).toMatchObject({ status: 422, code })
    expect(fields(answer)).toEqual([field])
  }
})

test.each([
  ['spaces', 'the nightly job'],
  ['slashes', 'jobs/nightly'],
  ['300 characters', 'n'.repeat(300)],
  ['nothing in it', ''],
  ['a word of the path language', '..'],
])('an id with %s is refused, and `id` is named', async (_what, id) => {
  for (const body of [external, managed]) expect(fields(await post({ ...body, id }))).toEqual(['id'])
  const there = await api.ask(`/api/schedule/${encodeURIComponent(id)}`)
  expect(id === '' || id === '..' ? [200, 404, 422, 503] : [422]).toContain(there.status)
})

test('models and hosts must be there', async () => {
  expect((await post({ ...external, model: 'mine2' })).json).toMatchObject({ status: 404, code: 'unknown_model', near: ['mine'] })
  expect((await post({ ...managed, action: { type: 'swap', model: 'nope' } })).json).toMatchObject({ status: 404, code: 'unknown_model' })
  expect((await post({ ...external, hosts: ['spark-9'] })).json).toMatchObject({ status: 422, code: 'unknown_host', unknown: ['spark-9'] })
  const restart = { type: 'restart_service', host: 'spark-9', container: 'whisper' }
  expect((await post({ ...managed, action: restart })).json).toMatchObject({ status: 422, code: 'unknown_host' })
  const both = { type: 'swap', model: 'mine', hosts: ['spark-1', 'spark-2'] }
  expect((await post({ ...managed, action: both })).json).toMatchObject({ status: 422, code: 'too_many_hosts' })
})

test('unknown fields, unknown actions and what is out of bounds are named', async () => {
  expect(fields(await post({ ...external, minute: 3 }))).toEqual(['minute'])
  expect(fields(await post({ ...managed, action: { type: 'reboot' } }))).toEqual(['action.type'])
  expect(fields(await post({ ...managed, wait_s: 0, when_refused: 'force' }))).toEqual(['when_refused', 'wait_s'])
  expect(fields(await post({ ...external, grace_s: 1 }))).toEqual(['grace_s'])
})

test('the id in the path counts: another in the body is refused, none is taken', async () => {
  const put = (body: object): Promise<ApiAnswer> => api.ask('/api/schedule/nightly', { method: 'PUT', body })
  const { id: _, ...nameless } = external
  expect((await put(nameless)).json).toMatchObject({ status: 503 })
  expect((await put(external)).json).toMatchObject({ status: 503 })
  expect(fields(await put({ ...external, id: 'other' }))).toEqual(['id'])
})

test('an import has exactly one of crontab and openclaw', async () => {
  const both = await api.post('/api/schedule/import', { crontab: '0 3 * * * x', openclaw: [], owner: 'Ada', host: 'nas', dry_run: true })
  expect(both.json).toMatchObject({ status: 422, code: 'invalid_request' })
  expect((await api.post('/api/schedule/import', { owner: 'Ada', host: 'nas' })).json).toMatchObject({ status: 422 })
})
