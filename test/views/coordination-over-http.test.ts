import { afterEach, beforeEach, expect, test } from 'vitest'
import { Problem } from '../../domain/problem.ts'
import { startFixtureSite, type FixtureSite } from '../browser/fixture-site.ts'
import { external, managed, someDeliveries, someEvents, someSchedules, someWebhooks } from './coordination-fixtures.ts'
import { page } from './fixtures.ts'
import { pages } from '../../views/page.ts'
import { text } from './reading.ts'

let site: FixtureSite
beforeEach(async () => {
  site = await startFixtureSite(page())
  site.schedules = { schedules: someSchedules(), conflicts: [] }
  site.webhooks = someWebhooks()
  site.deliveries = someDeliveries()
  site.events = someEvents()
})
afterEach(() => site.close())

const get = async (path: string) => await (await fetch(site.url + path)).text()
const post = (path: string, fields: Record<string, string> | [string, string][]) =>
  fetch(site.url + path, { method: 'POST', body: new URLSearchParams(fields) })
const firstOfStream = async (path: string): Promise<string> => {
  const abort = new AbortController()
  const answer = await fetch(site.url + path, { signal: abort.signal })
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = answer.body?.getReader()
  const first = new TextDecoder().decode((await reader?.read())?.value)
  abort.abort()
  return first
}
const dayNight = {
  name: 'models',
  night_model: 'gpt-oss-120b',
  night_time: '22:00',
  day_model: 'qwen3-30b',
  day_time: '07:00',
  timezone: 'Europe/Berlin',
}

test.each([
  ['/', 'Dashboard', '/events'],
  ['/schedules?q=nas&kind=external&page=3', 'Schedules', '/events?view=schedules&amp;q=nas&amp;kind=external&amp;page=3'],
  ['/webhooks?webhook=gone', 'Webhooks', '/events?view=webhooks&amp;webhook=gone'],
  ['/audit', 'Audit', '/events?view=audit&amp;origin='],
])('%s says which page it is and hears its own stream', async (path, title, stream) => {
  const markup = await get(path)
  expect(markup).toMatch(new RegExp(`aria-current="page"\\s*>${title}<`))
  expect(markup).toContain(`hx-sse:connect="${stream}`)
  expect(text(markup)).toContain(
    `${Object.values(pages)
      .map((page) => page.title)
      .join(' ')} API`,
  )
})

test('the audit trail begins where the clocks of the reader show that time, and by UTC where no zone is told', async () => {
  const since = async (zone: string) =>
    /view=audit&amp;since=([^&"]+)/.exec(await get(`/audit?type=&since=2026-11-24T06%3A00&zone=${encodeURIComponent(zone)}`))?.[1]
  expect(await since('Europe/Berlin')).toBe('2026-11-24T05%3A00%3A00.000Z')
  expect(await since('')).toBe('2026-11-24T06%3A00%3A00.000Z')
  expect(await since('Nowhere/Land')).toBeUndefined()
})

test('a stream tells the part that its page shows, with the same filter', async () => {
  const message = await firstOfStream('/events?view=schedules&q=transcripts&kind=all&page=1')
  expect(message).toContain('hx-target="#schedules"')
  expect(message).toContain('id="schedule-transcripts"')
  expect(message).not.toContain('id="schedule-sweep"')
})

test.each(['/schedules?page=0', '/schedules?page=1e9', '/schedules?page=x&kind=y', '/audit?type=x&since=2026-99-99T99:99', '/webhooks?before=x'])(
  '%s, whatever was typed there, is still a page',
  async (path) => {
    expect((await fetch(site.url + path)).status).toBe(200)
  },
)

test('a thousand schedules: the page stays small and comes quickly enough to be looked at each second', async () => {
  site.schedules = { schedules: Array.from({ length: 1000 }, (_, i) => external(`job-${String(i)}`)), conflicts: [] }
  const markup = await get('/schedules')
  expect(text(markup)).toContain('1,000 schedules')
  expect(markup.match(/class="row schedule"/g)).toHaveLength(50)
})

test('day and night models become two managed schedules at the given times', async () => {
  expect((await post('/ui/schedules/day-night', dayNight)).status).toBe(204)
  expect(site.asked).toMatchObject([
    {
      action: 'put_schedule',
      by: 'dashboard',
      body: { id: 'models-night', cron: '0 22 * * *', timezone: 'Europe/Berlin', action: { type: 'swap', model: 'gpt-oss-120b' } },
    },
    {
      action: 'put_schedule',
      by: 'dashboard',
      body: { id: 'models-day', cron: '0 7 * * *', timezone: 'Europe/Berlin', action: { type: 'swap', model: 'qwen3-30b' } },
    },
  ])
})

test('day and night do not begin at the same time', async () => {
  const answer = await post('/ui/schedules/day-night', { ...dayNight, day_time: '22:00' })
  expect(answer.status).toBe(422)
  expect(text(await answer.text())).toContain('day_time is the time of the night model too')
  expect(site.asked).toEqual([])
})

test('if the second of the two cannot be planned, a first one that was new is taken back', async () => {
  site.refuseIf = ({ action, body }) =>
    action === 'put_schedule' && (body as { id: string }).id === 'new-day' ? new Problem('schedule_exists', 'new-day is external') : null
  const answer = await post('/ui/schedules/day-night', { ...dayNight, name: 'new' })
  expect(answer.status).toBe(409)
  expect(text(await answer.text())).toContain('new-day is external')
  expect(site.asked.map(({ action }) => action)).toEqual(['put_schedule', 'remove_schedule'])
  expect(site.schedules.schedules.map(({ id }) => id)).not.toContain('new-night')
})

test('a time that was chosen for once is told in UTC, whatever its time zone', async () => {
  const at = async (local: string, timezone: string) => {
    await post('/ui/schedules/external', { id: 'once', rhythm: 'at', at: local, timezone, owner: 'anna', host: 'nas' })
    return (site.asked.at(-1)?.['body'] as { at: string }).at
  }
  expect(await at('2026-12-24T20:00', 'Europe/Berlin')).toBe('2026-12-24T19:00:00.000Z')
  expect(await at('2026-07-01T20:00', 'America/New_York')).toBe('2026-07-02T00:00:00.000Z')
  expect(await at('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z') // the clocks show it twice: the first
  expect(await at('2026-03-29T02:30', 'Europe/Berlin')).toBe('2026-03-29T01:30:00.000Z') // the clocks skip it
  expect(await at('2026-12-24T20:00', '')).toBe('2026-12-24T20:00:00.000Z')
})

test('of the ways to say when, only the chosen one is sent', async () => {
  await post('/ui/schedules/external', { id: 'e', rhythm: 'every', every: '6h', cron: '0 6 * * *', at: '', owner: 'anna', host: 'nas' })
  expect(site.asked.at(-1)?.['body']).toMatchObject({ every: '6h', timezone: 'UTC' })
  expect(site.asked.at(-1)?.['body']).not.toHaveProperty('cron')
})

test('a line of a crontab fills in the fields, with owner and host as they were typed', async () => {
  site.importable = { imported: [external('summaries', { cron: '5 4 * * *', owner: 'unknown', host: 'unknown' })], skipped: [] }
  const markup = await (await post('/ui/schedules/read-line', { line: '5 4 * * * x', owner: 'anna', host: '' })).text()
  expect(markup).toMatch(/name="id"\s+value="summaries"/)
  expect(markup).toMatch(/name="cron"\s+value="5 4 \* \* \*"/)
  expect(markup).toMatch(/name="owner"\s+value="anna"/)
  expect(markup).toMatch(/name="host"\s+value=""/)
  expect(site.asked).toEqual([])
})

test('a line that is no schedule is refused with the reason', async () => {
  site.importable = { imported: [], skipped: [{ line: 1, text: 'x', reason: 'is not a time' }] }
  const answer = await post('/ui/schedules/read-line', { line: 'x' })
  expect([answer.status, text(await answer.text()).includes('line is not a time')]).toEqual([422, true])
})

test('an import registers only what was looked at: a text that was changed is looked at again', async () => {
  site.importable = { imported: [external('a')], skipped: [] }
  const fields = { list: '0 6 * * * x', owner: 'anna', host: 'nas' }
  const looked = /name="looked" value="([0-9a-f]+)"/.exec(await (await post('/ui/schedules/import', fields)).text())?.[1] ?? ''
  expect(site.asked).toEqual([])
  const changed = await post('/ui/schedules/import', { ...fields, list: '0 7 * * * y', looked, register: '1' })
  expect(text(await changed.text())).toContain('1 would be registered')
  expect(site.asked).toEqual([])
  expect(text(await (await post('/ui/schedules/import', { ...fields, looked, register: '1' })).text())).toContain('1 schedule is registered.')
  expect(site.asked).toMatchObject([{ action: 'import', body: { crontab: '0 6 * * * x', owner: 'anna', host: 'nas', dry_run: false } }])
})

test('a list that begins like JSON is read as the jobs of OpenClaw, or refused where it is none', async () => {
  const fields = { owner: 'anna', host: 'nas' }
  expect((await post('/ui/schedules/import', { ...fields, list: '{"jobs":[]}' })).status).toBe(200)
  expect(text(await (await post('/ui/schedules/import', { ...fields, list: '{"jobs":' })).text())).toContain('list begins like JSON and is none')
})

test.each(['run', 'pause', 'resume', 'delete'])('%s of a schedule asks for just that', async (what) => {
  expect((await post(`/ui/schedules/${what}`, { id: 'models-night' })).status).toBe(204)
  expect(site.asked).toEqual([{ action: `${what === 'delete' ? 'remove' : what}_schedule`, id: 'models-night' }])
  expect((await post(`/ui/schedules/${what}`, { id: 'not there' })).status).toBe(422)
  expect((await post(`/ui/schedules/${what}`, { id: 'nobody' })).status).toBe(404)
})

test('an edit begins with what is registered', async () => {
  site.schedules.schedules.push(managed('edited', { cron: undefined, every: '12h', jitter_s: 77 }))
  expect(await get('/ui/dialog/managed-schedule?id=edited')).toMatch(
    /value="every"\s+selected[^]*name="every"\s+value="12h"[^]*name="jitter_s" value="77"/,
  )
})

test('a webhook that is added shows its new secret once; the form of a change never has one', async () => {
  const answer = await post('/ui/webhooks/add', { url: 'http://10.0.0.2/x', enabled: '1' })
  expect(await answer.text()).toContain('whsec_')
  expect(await get('/ui/dialog/edit-webhook?id=made')).not.toContain('whsec_')
  expect(await get('/webhooks')).not.toContain('whsec_')
})

test('switching an endpoint tells the whole of it again, so that nothing of it is forgotten', async () => {
  const dialog = await get('/ui/dialog/switch-webhook?id=quiet')
  const fields = [...dialog.matchAll(/<input\s+type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  )
  expect((await post('/ui/webhooks/switch', fields)).status).toBe(204)
  expect(site.asked).toEqual([
    {
      action: 'update_webhook',
      id: 'quiet',
      body: { url: 'http://192.168.1.20:8123/api/webhook/spark', name: 'Quiet', events: ['swap_complete', 'swap_failed'], enabled: true },
    },
  ])
})

test('a test shows its delivery, which is asked for again while it is under way', async () => {
  const words = await (await post('/ui/webhooks/test', { id: 'from-file' })).text()
  expect(words).toContain('hx-get="/ui/webhooks/delivery?id=d-3"')
  expect(text(await get('/ui/webhooks/delivery?id=d-3'))).toContain('502')
  expect(text(await get('/ui/webhooks/delivery?id=just-begun'))).toContain('It is under way.')
  expect((await fetch(`${site.url}/ui/dialog/delivery?id=nothing`)).status).toBe(404)
})

test('asked as curl, a form does nothing and tells the command with its present values and the address that the browser uses', async () => {
  const told = text(await (await post('/ui/swap?as=curl', { model: 'qwen3-30b', place: 'spark-2', reason: "it's time" })).text())
  expect(told).toContain(`curl -sS -X POST &#39;${site.url}/api/swap&#39;`)
  expect(told).toContain('X-Swap-Lock-Token: &#39;&quot;$TOKEN&quot;')
  expect(told).toContain('&quot;hosts&quot;:[&quot;spark-2&quot;]')
  expect(site.asked).toEqual([])
})

test('a form that is not filled in yet says which fields its command needs', async () => {
  const answer = await post('/ui/schedules/managed?as=curl', { id: 'm', rhythm: 'cron', cron: '' })
  expect(text(await answer.text())).toContain('The command can be told when the form is filled in: cron is missing')
})

test('a secret that was typed is not told in the command', async () => {
  const told = await (await post('/ui/webhooks/add?as=curl', { url: 'http://10.0.0.2/x', secret: 'typed-secret-of-16' })).text()
  expect(told).not.toContain('typed-secret')
  expect(text(told)).toContain('&quot;$SECRET&quot;')
})

test('what cannot be read is said in its place, and the page is there all the same', async () => {
  site.unreadable = new Problem('temporal_down')
  for (const path of ['/', '/schedules', '/webhooks', '/audit']) expect([path, (await fetch(site.url + path)).status]).toEqual([path, 200])
  expect(text(await get('/schedules'))).toContain('Temporal does not answer.')
})
