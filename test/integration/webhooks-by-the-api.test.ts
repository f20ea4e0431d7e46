import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { EventPage, type AuditEvent } from '../../domain/events.ts'
import { Receiver, status } from '../activities/webhooks/receiver.ts'
import { WebhookOffice } from './webhook-office.ts'

const limits = { timeout: 30_000 }
let office: WebhookOffice
let target: Receiver
beforeAll(async () => {
  office = await WebhookOffice.start({
    cluster: { webhooks: [{ id: 'by-file', url: 'http://192.0.2.7/', enabled: false, secret: 'known-in-the-file' }] },
  })
  target = await Receiver.start()
})
afterAll(async () => {
  await target.close()
  await office.close()
})
afterEach(async () => {
  target.received.splice(0)
  target.answer = status(204)
  await office.removeAll()
  expect(office.api.undeclared).toEqual([])
})

const path = '/api/webhooks'
/** The audit entry of a type that is about one endpoint. */
const told = async (type: string, id: string): Promise<AuditEvent | undefined> => {
  const { json } = await office.ask(`/api/events?type=${type}&limit=100`, 'GET')
  return EventPage.parse(json).events.find(({ before, after }) => JSON.stringify([before, after]).includes(`"id":"${id}"`))
}
const headersOf = (index: number): Record<string, string> => target.received[index]!.headers as Record<string, string> // each header came once

describe('an endpoint', () => {
  test('is made with a secret that is shown once, listed, changed and removed; the audit trail tells by whom, and no secret', async () => {
    const made = await office.api.post(path, { url: target.url, name: ' Night\twatch ' }, { 'x-spark-holder': 'ada' })
    expect(made.json).toMatchObject({
      id: expect.stringMatching(/^night-watch-[0-9a-f]{6}$/),
      name: 'Night watch',
      enabled: true,
      source: 'api',
      events: [],
    })
    const { id, secret } = made.json as { id: string; secret: string }
    expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32)
    const listed = await office.ask(path, 'GET')
    expect(listed.json.webhooks).toContainEqual(expect.objectContaining({ id, secret_set: true }))
    const changed = await office.ask(`${path}/${id}`, 'PUT', { url: target.url, events: ['swap_failed'], enabled: false })
    expect(changed.json).toMatchObject({ id, name: null, events: ['swap_failed'], enabled: false })
    expect((await office.ask(`${path}/${id}`, 'DELETE')).json).toEqual({ removed: id })
    expect((await office.ask(`${path}/${id}`, 'DELETE')).json).toMatchObject({ status: 404, code: 'unknown_webhook' })

    await expect.poll(() => told('webhook_deleted', id), limits).toBeDefined()
    const [first, second] = [await told('webhook_created', id), await told('webhook_updated', id)]
    expect(first).toMatchObject({ actor: { name: 'ada', address: expect.any(String) }, before: null, after: { id } })
    expect(second).toMatchObject({ before: { enabled: true }, after: { enabled: false } })
    expect([listed.text, changed.text, JSON.stringify([first, second])].join()).not.toContain(secret.slice(6))
  })

  test('with a secret of its owner’s own shows none', async () => {
    const { json, text } = await office.api.post(path, { url: target.url, secret: 'a-secret-of-my-own' })
    expect(json).toMatchObject({ secret: null, secret_set: true })
    expect(text).not.toContain('a-secret-of-my-own')
  })

  test('of cluster.yaml is changed there only', async () => {
    for (const answer of [await office.ask(`${path}/by-file`, 'PUT', { url: 'http://192.0.2.8/' }), await office.ask(`${path}/by-file`, 'DELETE')])
      expect(answer.json).toMatchObject({ status: 409, code: 'webhook_read_only' })
    expect((await office.ask(path, 'GET')).text).not.toContain('known-in-the-file')
  })

  test.each([
    ['no URL', {}, 'url'],
    ['a URL without scheme', { url: 'nuc.local/hook' }, 'url'],
    ['a URL of another scheme', { url: 'ftp://nuc.local/' }, 'url'],
    ['a URL with credentials', { url: 'http://ada:pw@nuc.local/' }, 'url'],
    ['a URL with a fragment', { url: 'http://nuc.local/#x' }, 'url'],
    ['a URL of 2000 characters and more', { url: `http://nuc.local/${'x'.repeat(2_000)}` }, 'url'],
    ['a type of event that is none', { url: 'http://nuc.local/', events: ['swap_sideways'] }, 'events.0'],
    ['a type that is told in the audit trail only', { url: 'http://nuc.local/', events: ['lock_extended'] }, 'events.0'],
    ['a short secret', { url: 'http://nuc.local/', secret: 'short' }, 'secret'],
    ['a secret with spaces', { url: 'http://nuc.local/', secret: 'my secret has many spaces' }, 'secret'],
    ['a whsec_ secret that is no base64', { url: 'http://nuc.local/', secret: 'whsec_this-is-no-base64' }, 'secret'],
    ['a long name', { url: 'http://nuc.local/', name: 'x'.repeat(81) }, 'name'],
    ['an answer in words', { url: 'http://nuc.local/', enabled: 'yes' }, 'enabled'],
    ['an id of one’s own', { url: 'http://nuc.local/', id: 'mine' }, 'id'],
  ])('%s is refused, and the field is named', async (_what, body, field) => {
    const { json } = await office.api.post(path, body)
    expect(json).toMatchObject({ status: 422, code: 'invalid_request', errors: expect.arrayContaining([expect.objectContaining({ field })]) })
    expect(JSON.stringify(json)).not.toContain('ada:pw')
  })

  test.each(['http://169.254.169.254/latest', 'http://[64:ff9b::1]/', 'http://0.0.0.0/', 'http://127.0.0.1:7233/', 'http://localhost:9999/'])(
    '%s is a denied address',
    async (url) => {
      expect((await office.api.post(path, { url })).json).toMatchObject({ status: 422, code: 'webhook_url_denied' })
    },
  )

  test('is one of at most fifty', async () => {
    const answers = []
    for (let i = 0; i < 50; i++) answers.push((await office.api.post(path, { url: target.url, enabled: false })).status)
    expect(answers).toEqual([...Array.from({ length: 49 }, () => 201), 409]) // one more is in cluster.yaml
  }, 120_000)
})

describe('a test ping', () => {
  test('goes out at once, signed, and its answer tells how it went', async () => {
    const { id, secret } = await office.add(target.url, { events: ['swap_failed'] })
    const { status: code, json } = await office.ask(`${path}/${id}/test`, 'POST')
    expect(code).toBe(200)
    expect(json).toMatchObject({ webhook_id: id, type: 'ping', state: 'delivered', attempts: [{ number: 1, status: 204, error: null }] })
    expect(new Webhook(secret).verify(target.received[0]!.body, headersOf(0))).toMatchObject({ type: 'ping', data: { webhook_id: id } })
    expect(headersOf(0)['user-agent']).toMatch(/^Spark-Control\/\d/)
  })

  test('is tried once, and reaches an endpoint that is off', async () => {
    target.answer = status(500, {}, 'not today')
    const { id } = await office.add(target.url, { enabled: false })
    expect((await office.ask(`${path}/${id}/test`, 'POST')).json).toMatchObject({
      state: 'failed',
      attempts: [{ status: 500, response: 'not today', error: 'status 500' }],
    })
    expect((await office.ask(`${path}/nobody/test`, 'POST')).json).toMatchObject({ code: 'unknown_webhook' })
  })
})

describe('deliveries', () => {
  test('are listed page by page, also for one endpoint alone', async () => {
    const [one, two] = [await office.add(target.url), await office.add(target.url)]
    for (const event of ['evt_a', 'evt_b', 'evt_c']) await office.tell(event)
    for (const { id } of [one, two]) for (const event of ['evt_a', 'evt_b', 'evt_c']) await office.ended(id, event)
    const seen = async (query: string): Promise<{ deliveries: { delivery_id: string }[]; next: string | null }> =>
      (await office.ask(`${path}/deliveries?${query}`, 'GET')).json as never // its shape is what is looked at below
    await expect.poll(async () => (await seen(`webhook=${one.id}`)).deliveries.length, limits).toBe(3)
    const first = await seen(`webhook=${one.id}&limit=2`)
    const second = await seen(`webhook=${one.id}&limit=2&before=${first.next ?? ''}`)
    expect([...first.deliveries, ...second.deliveries].map(({ delivery_id }) => delivery_id).toSorted()).toEqual(
      ['evt_a', 'evt_b', 'evt_c'].map((event) => `${one.id}.${event}`),
    )
    expect((await office.ask(`${path}/deliveries?before=nonsense`, 'GET')).json).toMatchObject({ status: 422, code: 'invalid_request' })
  })

  test('are sent again under the same event id, in a delivery of their own', async () => {
    const { id, secret } = await office.add(target.url)
    const event = await office.tell('evt_once_more')
    await office.ended(id, event.id)
    const { status: code, json } = await office.ask(`${path}/deliveries/${id}.${event.id}/redeliver`, 'POST')
    expect(code).toBe(202)
    expect(json).toMatchObject({ webhook_id: id, event_id: event.id, redelivery: true, delivery_id: expect.stringContaining(`${id}.${event.id}~`) })
    await expect.poll(() => target.received.length, limits).toBe(2)
    expect(target.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([event, event])
    for (const index of [0, 1]) expect(new Webhook(secret).verify(target.received[index]!.body, headersOf(index))).toEqual(event)
    // a redelivery can be redelivered
    expect((await office.ask(`${path}/deliveries/${json.delivery_id as string}/redeliver`, 'POST')).status).toBe(202)
  })

  test.each(['nothing-like-it', 'nobody.evt_1', "x'y.evt_1", `${'a'.repeat(39)}.evt~~`])('%s is the id of none', async (id) => {
    expect((await office.ask(`${path}/deliveries/${encodeURIComponent(id)}/redeliver`, 'POST')).json).toMatchObject({
      status: 404,
      code: 'unknown_delivery',
    })
  })
})

test('a new secret signs from the next attempt on, and no secret is anywhere but in its file', async () => {
  const { id, secret } = await office.add(target.url)
  target.answer = (response, { headers }) => response.writeHead(500).end(`${secret} ${JSON.stringify(headers)}`) // a receiver that gives it away
  await office.tell('evt_rotated')
  await expect.poll(async () => (await office.record(id, 'evt_rotated'))?.attempts.length, limits).toBeGreaterThanOrEqual(2)
  const fresh = 'whsec_ZnJlc2gtZnJlc2gtZnJlc2gtZnJlc2gtZnJlc2gtMTI='
  expect((await office.ask(`${path}/${id}`, 'PUT', { url: target.url, secret: fresh })).status).toBe(200)
  target.answer = status(200)
  const delivery = await office.ended(id, 'evt_rotated')
  expect(delivery.state).toBe('delivered')
  expect(() => new Webhook(secret).verify(target.received[0]!.body, headersOf(0))).not.toThrow()
  const last = target.received.length - 1
  expect(() => new Webhook(fresh).verify(target.received[last]!.body, headersOf(last))).not.toThrow()

  const everywhere = [
    await office.allThatTemporalKnows(),
    office.logged,
    office.api.logLines.join('\n'),
    JSON.stringify(delivery),
    (await office.ask(path, 'GET')).text,
    (await office.ask(`${path}/deliveries?webhook=${id}`, 'GET')).text,
    (await office.ask('/api/events?limit=100', 'GET')).text,
    readFileSync(join(office.places.configDir, 'webhooks.yaml'), 'utf8'),
  ]
  for (const text of everywhere) for (const word of [secret, fresh]) expect(text).not.toContain(word.slice(6))
  expect(everywhere[0]).toContain('evt_rotated')
  expect(readFileSync(join(office.dataDir, 'secrets.yaml'), 'utf8')).toContain(fresh)
})

test('the bodies are described as JSON Schema', async () => {
  const { json } = await office.ask('/docs/webhook-events.json', 'GET')
  expect(JSON.stringify(json)).toContain('"const":"lock_expiring"')
})
