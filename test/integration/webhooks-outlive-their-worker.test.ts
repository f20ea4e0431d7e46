import { afterAll, beforeAll, expect, test } from 'vitest'
import { Receiver, status } from '../activities/webhooks/receiver.ts'
import { WebhookOffice } from './webhook-office.ts'

const limits = { timeout: 60_000 }
let office: WebhookOffice
let target: Receiver
beforeAll(async () => {
  office = await WebhookOffice.start({ worker: false, retryScale: 0.002 })
  target = await Receiver.start(status(500))
})
afterAll(async () => {
  await target.close()
  await office.close()
})

test('a worker killed between two attempts: the next one goes on where the delivery was, under the same id', async () => {
  const { id } = await office.add(target.url)
  const first = office.spawnWorker()
  await office.tell('evt_killed')
  await expect.poll(async () => (await office.record(id, 'evt_killed'))?.attempts.length, limits).toBe(3) // the next pause is 3.6 s
  await first.kill()
  target.answer = status(204)
  office.spawnWorker()
  const delivery = await office.ended(id, 'evt_killed')
  expect(delivery).toMatchObject({ state: 'delivered', attempts: [{ number: 1 }, { number: 2 }, { number: 3 }, { number: 4, error: null }] })
  expect(target.received.map(({ headers }) => headers['webhook-id'])).toEqual(Array.from({ length: 4 }, () => 'evt_killed'))
})

test('a worker killed in the middle of an attempt: that attempt is told as lost, and the event arrives', async () => {
  let arrived: () => void = () => undefined
  const taken = new Promise<void>((resolve) => (arrived = resolve))
  const { id } = await office.add(target.url)
  target.received.splice(0)
  target.answer = () => arrived() // and no word more
  const worker = office.spawnWorker()
  await office.tell('evt_lost')
  await taken
  await Promise.all([worker.kill(), office.killWorkers()])
  target.answer = status(204)
  office.spawnWorker()
  const delivery = await office.ended(id, 'evt_lost')
  expect(delivery.state).toBe('delivered')
  expect(delivery.attempts[0]?.error).toMatch(/^lost/)
  await office.keepHistory('attempt-lost', id, 'evt_lost')
  expect(new Set(target.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['evt_lost']))
}, 120_000)
