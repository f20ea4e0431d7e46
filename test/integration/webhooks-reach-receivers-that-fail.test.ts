import { readFileSync, writeFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebhookMarks } from '../../config/webhook-marks.ts'
import { Receiver, status, type Received } from '../activities/webhooks/receiver.ts'
import { WebhookOffice } from './webhook-office.ts'

const limits = { timeout: 30_000 }
let office: WebhookOffice
const open: Receiver[] = []
const receiver = async (...args: Parameters<typeof Receiver.start>): Promise<Receiver> => {
  const one = await Receiver.start(...args)
  open.push(one)
  return one
}
beforeAll(async () => {
  office = await WebhookOffice.start({ attempts: { limitMs: 700 } })
})
afterAll(() => office.close())
afterEach(async () => {
  await office.removeAll()
  await Promise.all(open.splice(0).map((one) => one.close()))
  expect(office.api.undeclared).toEqual([])
})

/** One answer after the other; the last one stays. */
const inTurn = (...answers: Receiver['answer'][]): Receiver['answer'] => {
  let turn = 0
  return (response, request) => (answers[Math.min(turn++, answers.length - 1)] ?? status(204))(response, request)
}
const hang: Receiver['answer'] = () => undefined
const bothSignaturesHold = (secret: string, { body, headers }: Received): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>)

test('500s, one that hangs, a redirect to loopback, and hours of being down: the event arrives, once it can, under one id, and every attempt is told (F10)', async () => {
  const trap = await receiver()
  const target = await receiver(inTurn(status(500, {}, 'boom'), hang, status(302, { location: trap.url })))
  const { port } = target
  const { id, secret } = await office.add(target.url)
  const event = await office.tell('evt_f10')

  await expect.poll(() => target.received.length, limits).toBe(3)
  await target.close()
  await expect.poll(async () => (await office.record(id, event.id))?.attempts.length, limits).toBeGreaterThanOrEqual(5)
  const back = await receiver(status(200, {}, 'thanks'), port)

  const delivery = await office.ended(id, event.id)
  await office.keepHistory('delivered-late', id, event.id)
  expect(delivery).toMatchObject({ state: 'delivered', event_id: event.id, next_attempt_at: null })
  expect(delivery.attempts.map(({ error }) => error)).toEqual([
    'status 500',
    'timeout',
    'redirect',
    ...Array.from({ length: delivery.attempts.length - 4 }, () => 'connect: ECONNREFUSED'),
    null,
  ])
  expect(delivery.attempts.map(({ number }) => number)).toEqual(delivery.attempts.map((_, i) => i + 1))
  expect(delivery.attempts[0]).toMatchObject({ status: 500, response: 'boom' })
  expect(delivery.attempts.at(-1)).toMatchObject({ status: 200, response: 'thanks' })
  expect(trap.received).toEqual([])
  const all = [...target.received, ...back.received]
  expect(new Set(all.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([event.id]))
  expect(new Set(all.map(({ body }) => body)).size).toBe(1)
  for (const got of all) expect(bothSignaturesHold(secret, got)).toEqual(event)
})

test('a receiver that never answers well is given up after ten attempts, each of them kept', async () => {
  const target = await receiver(status(500))
  const { id } = await office.add(target.url)
  await office.tell('evt_never')
  const delivery = await office.ended(id, 'evt_never')
  expect(delivery.state).toBe('failed')
  expect(delivery.attempts).toHaveLength(10)
  expect(target.received).toHaveLength(10)
  await office.keepHistory('failed', id, 'evt_never')
}, 90_000)

test('each endpoint gets what its filter names, and one that is off gets nothing', async () => {
  const [all, some, off] = [await receiver(), await receiver(), await receiver()]
  const everything = await office.add(all.url, { events: [] })
  const failures = await office.add(some.url, { events: ['swap_failed', 'lock_expired'] })
  await office.add(off.url, { enabled: false })
  await office.tell('evt_good', 'swap_complete')
  await office.tell('evt_bad', 'swap_failed')
  for (const id of ['evt_good', 'evt_bad']) await office.ended(everything.id, id)
  await office.ended(failures.id, 'evt_bad')
  expect(all.received.map(({ headers }) => headers['webhook-id'])).toEqual(expect.arrayContaining(['evt_bad', 'evt_good']))
  expect(some.received.map(({ headers }) => headers['webhook-id'])).toEqual(['evt_bad'])
  expect(off.received).toEqual([])
  expect(await office.record(failures.id, 'evt_good')).toBeNull()
})

test('an event that is announced again is delivered once', async () => {
  const target = await receiver()
  const { id } = await office.add(target.url)
  await Promise.all([office.tell('evt_twice'), office.tell('evt_twice')])
  await office.ended(id, 'evt_twice')
  await office.tell('evt_twice')
  await office.tell('evt_after')
  await office.ended(id, 'evt_after')
  expect(target.received.map(({ headers }) => headers['webhook-id'])).toEqual(['evt_twice', 'evt_after'])
})

test('a receiver that asks for time is given it', async () => {
  const target = await receiver(inTurn(status(503, { 'retry-after': '2' }), status(204)))
  const { id } = await office.add(target.url)
  await office.tell('evt_wait')
  await expect.poll(async () => (await office.record(id, 'evt_wait'))?.attempts.length, limits).toBeGreaterThan(0)
  const delivery = await office.ended(id, 'evt_wait')
  const [first, second] = delivery.attempts.map(({ at }) => Date.parse(at))
  expect(second! - first!).toBeGreaterThanOrEqual(2_000)
  expect(delivery.state).toBe('delivered')
})

test('410 switches the endpoint off, the others hear of it, and its owner switches it on again', async () => {
  const [gone, other] = [await receiver(status(410)), await receiver()]
  const { id } = await office.add(gone.url)
  const witness = await office.add(other.url, { events: ['webhook_disabled'] })
  await office.tell('evt_gone')
  expect(await office.ended(id, 'evt_gone')).toMatchObject({ state: 'failed', attempts: [{ status: 410 }] })
  await office.keepHistory('switched-off', id, 'evt_gone')
  expect((await office.ask('/api/webhooks', 'GET')).json.webhooks).toContainEqual(
    expect.objectContaining({ id, enabled: false, disabled: { at: expect.any(String), reason: 'the receiver answered 410 Gone' } }),
  )
  await office.tell('evt_later')
  expect(await office.record(id, 'evt_later')).toBeNull()

  await expect.poll(() => other.received.length, limits).toBe(1)
  expect(JSON.parse(other.received[0]!.body)).toMatchObject({
    type: 'webhook_disabled',
    data: { webhook_id: id, url: gone.url, reason: 'the receiver answered 410 Gone' },
  })
  expect(bothSignaturesHold(witness.secret, other.received[0]!)).toBeDefined()

  gone.answer = status(204)
  expect((await office.ask(`/api/webhooks/${id}`, 'PUT', { url: gone.url })).json).toMatchObject({ enabled: true, disabled: null })
  await office.tell('evt_again')
  expect((await office.ended(id, 'evt_again')).state).toBe('delivered')
})

test('an endpoint that has failed for more than five days is switched off at its next failure; a success starts the count anew', async () => {
  const target = await receiver(inTurn(status(500), status(204), status(500)))
  const { id } = await office.add(target.url)
  const marks = new WebhookMarks(office.places)
  const longAgo = { since: Date.now() - 6 * 24 * 3600 * 1000, attempts: 20 }
  await marks.keepFailing(id, { ...longAgo, attempts: 1 })
  await office.tell('evt_some')
  expect((await office.ended(id, 'evt_some')).state).toBe('delivered')
  expect(marks.failing(id)).toBeNull()
  await marks.keepFailing(id, longAgo)
  await office.tell('evt_last')
  expect(await office.ended(id, 'evt_last')).toMatchObject({ state: 'failed', attempts: [{ status: 500 }] })
  const { json } = await office.ask('/api/webhooks', 'GET')
  expect(json.webhooks).toContainEqual(
    expect.objectContaining({ id, disabled: { at: expect.any(String), reason: expect.stringContaining('5 days') } }),
  )
})

test('what is on its way to an endpoint that is removed or switched off is dropped', async () => {
  const target = await receiver(status(500, { 'retry-after': '1' }))
  const [removed, off] = [await office.add(target.url), await office.add(target.url)]
  await office.tell('evt_drop')
  for (const { id } of [removed, off]) await expect.poll(async () => (await office.record(id, 'evt_drop'))?.attempts.length, limits).toBe(1)
  expect((await office.ask(`/api/webhooks/${removed.id}`, 'DELETE')).status).toBe(200)
  expect((await office.ask(`/api/webhooks/${off.id}`, 'PUT', { url: target.url, enabled: false })).status).toBe(200)
  for (const { id } of [removed, off]) expect(await office.ended(id, 'evt_drop')).toMatchObject({ state: 'dropped' })
  await office.keepHistory('dropped', removed.id, 'evt_drop')
})

test('while cluster.yaml cannot be read its endpoints hold, and what is on its way to them goes on', async () => {
  const target = await receiver()
  const file = `${office.places.configDir}/cluster.yaml`
  const whole = readFileSync(file, 'utf8')
  writeFileSync(file, `${whole}webhooks:\n  - { id: by-file, url: "${target.url}" }\n`)
  target.answer = inTurn(status(500, { 'retry-after': '1' }), status(204))
  await office.tell('evt_file')
  await expect.poll(async () => (await office.record('by-file', 'evt_file'))?.attempts.length, limits).toBe(1)
  writeFileSync(file, `${whole}webhooks: [\n`)
  await expect.poll(() => target.received.length, limits).toBe(2)
  writeFileSync(file, whole)
  expect((await office.ended('by-file', 'evt_file')).state).toBe('delivered')
  expect(target.received[0]?.headers).not.toHaveProperty('webhook-signature')
})

test('a receiver that hangs takes no more than its share: others get their events meanwhile', async () => {
  const crowded = await WebhookOffice.start({ attempts: { limitMs: 3_000, mostAtOnce: { inAll: 10, toOne: 2 } } })
  try {
    let [now, most] = [0, 0]
    const hangs = await receiver((response) => {
      most = Math.max(most, ++now)
      response.once('close', () => now--)
    })
    const good = await receiver()
    const [slow, quick] = [await crowded.add(hangs.url), await crowded.add(good.url)]
    const ids = Array.from({ length: 8 }, (_, i) => `evt_crowd_${String(i)}`)
    await Promise.all(ids.map((id) => crowded.tell(id)))
    for (const id of ids) expect((await crowded.ended(quick.id, id)).state).toBe('delivered')
    await expect.poll(async () => (await crowded.record(slow.id, ids[0]!))?.state, limits).toBe('pending')
    expect(hangs.received.length).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(2)
  } finally {
    await crowded.close()
  }
})

test('a name that is public at one attempt and loopback at the next is judged at each', async () => {
  const target = await receiver()
  const addresses = ['192.0.2.1', '127.0.0.1']
  const resolve = () => Promise.resolve([{ address: addresses.shift() ?? '127.0.0.1', family: 4 }])
  const strict = await WebhookOffice.start({ loopback: false, attempts: { limitMs: 300, resolve } })
  try {
    const { id } = await strict.add(`http://rebinding.example:${String(target.port)}/`)
    await strict.tell('evt_rebinding')
    await expect.poll(async () => (await strict.record(id, 'evt_rebinding'))?.attempts.length, limits).toBeGreaterThanOrEqual(3)
    const errors = (await strict.record(id, 'evt_rebinding'))?.attempts.map(({ error }) => error)
    expect(errors?.[0]).not.toMatch(/denied/)
    expect(errors?.slice(1, 3)).toEqual(['denied: loopback', 'denied: loopback'])
    expect(target.received).toEqual([])
  } finally {
    await strict.close()
  }
})
