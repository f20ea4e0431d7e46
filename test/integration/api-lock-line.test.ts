import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { ApiServer } from '../api/api-server.ts'
import { ApiProcess } from './api-process.ts'
import { LockClient, type LockAnswer } from './lock-client.ts'
import { startStage, type Stage } from './stage.ts'

const hosts = ['spark-1', 'spark-2']
let stage: Stage
let api: ApiServer
let client: LockClient
/** All who stood in line in this test. */
const leavers: (() => void)[] = []
/** Called between a lock's grant and its answer. */
let beforeAnswer: (gone: AbortSignal) => Promise<void>
beforeAll(async () => {
  stage = await startStage({ hosts })
  api = await ApiServer.over(stage.config, inject('temporalAddress'), {
    alter: (control) => ({
      ...control,
      acquireLock: async (body, caller, wait) => {
        const granted = await control.acquireLock(body, caller, wait)
        if (wait !== undefined) await beforeAnswer(wait.gone)
        return granted
      },
    }),
  })
  client = new LockClient(api.url)
})
afterAll(async () => {
  await api.close()
  await stage.close()
})
beforeEach(() => {
  beforeAnswer = () => Promise.resolve()
})
afterEach(async () => {
  for (const hangUp of leavers.splice(0)) hangUp()
  await inLine(0)
  await api.ask('/api/swap/lock?force=true', { method: 'DELETE', body: { reason: 'the next test', hosts } })
  expect(api.undeclared).toEqual([])
})

const newToken = (): string => randomBytes(32).toString('base64url')
const tokenOf = ({ json }: LockAnswer): string => String(json['token'])
const inLine = (count: number) => stage.until(({ waiting }) => waiting.length === count)

/** Somebody in line, and how to make it hang up. */
function waiter(holder: string, body: object = {}, at: LockClient = client) {
  const leaving = new AbortController()
  const answer = at.acquire({ holder, ttl_s: 60, ...body }, { waitS: 55, leaving: leaving.signal })
  answer.catch(() => undefined)
  const hangUp = () => leaving.abort()
  leavers.push(hangUp)
  return { answer, hangUp }
}

test('who stands in line is counted and named to all; the next one first', async () => {
  const held = await client.acquire({ holder: 'cron' })
  const first = waiter('Ada', { hosts: ['spark-1'] })
  await inLine(1)
  const second = waiter('Grace')
  await inLine(2)
  await expect
    .poll(async () => (await client.look()).json)
    .toMatchObject({ holder: 'cron', waiting: 2, line: [{ holder: 'Ada', hosts: ['spark-1'] }, { holder: 'Grace' }] })
  await expect.poll(async () => (await api.ask('/metrics')).text).toMatch(/^spark_lock_waiting 2$/m)
  await expect.poll(() => client.acquire({ holder: 'curious' })).toMatchObject({ status: 423, json: { holder: 'cron', waiting: 2, queue_length: 0 } })
  await client.release(tokenOf(held))
  const granted = await first.answer
  expect(granted).toMatchObject({ status: 201, json: { holder: 'Ada', hosts: ['spark-1'] } })
  await client.release(tokenOf(granted))
  expect(await second.answer).toMatchObject({ status: 201, json: { holder: 'Grace', hosts } })
})

test('whose time in line is over is 423 with holder and place, and stands in line no more', async () => {
  const held = await client.acquire({ holder: 'cron', purpose: 'nightly' })
  expect(await client.acquire({ holder: 'Ada' }, { waitS: 1 })).toMatchObject({
    status: 423,
    retryAfter: '1',
    json: { code: 'reserved', holder: 'cron', purpose: 'nightly', fence: held.json['fence'], position: 1 },
  })
  await inLine(0)
})

test('a free lock that others stand in line for is theirs: nobody passes them', async () => {
  const held = await client.acquire({ holder: 'cron', hosts: ['spark-1'] })
  const first = waiter('Ada')
  await inLine(1)
  expect(await client.acquire({ holder: 'passer-by', hosts: ['spark-2'] })).toMatchObject({ status: 423, json: { code: 'reserved' } })
  await client.release(tokenOf(held))
  expect(await first.answer).toMatchObject({ status: 201, json: { holder: 'Ada' } })
})

test('twenty stand in line, five hang up: the others get it in their order, nobody dead does, nobody starves', async () => {
  const held = await client.acquire({ holder: 'cron' })
  const granted: string[] = []
  const waiters = []
  for (let i = 0; i < 20; i++) {
    const holder = `waiter ${String(i).padStart(2, '0')}`
    waiters.push({ holder, ...waiter(holder) })
    await inLine(i + 1)
  }
  const leaving = new Set([0, 3, 7, 8, 19])
  for (const [i, { hangUp }] of waiters.entries()) if (leaving.has(i)) hangUp()
  await inLine(15)
  const staying = waiters.filter((_, i) => !leaving.has(i))
  const served = staying.map(async ({ answer, holder }) => {
    const grant = await answer
    expect(grant).toMatchObject({ status: 201, json: { holder } })
    granted.push(holder)
    await client.release(tokenOf(grant))
    return Number(grant.json['fence'])
  })
  await client.release(tokenOf(held))
  const fences = await Promise.all(served)
  expect(granted).toEqual(staying.map(({ holder }) => holder))
  expect(fences).toEqual(fences.toSorted((a, b) => a - b))
  await stage.until(({ reservations }) => reservations.length === 0)
})

test('a grant whose caller hung up in that very moment is given back', async () => {
  const held = await client.acquire({ holder: 'cron' })
  const { answer, hangUp } = waiter('Ada')
  await inLine(1)
  beforeAnswer = async (gone) => {
    hangUp()
    if (!gone.aborted) await once(gone, 'abort')
  }
  await client.release(tokenOf(held))
  await expect(answer).rejects.toThrow()
  await stage.until(({ reservations, waiting }) => reservations.length === 0 && waiting.length === 0)
})

test('so is a lock that was free, when its caller hung up before it had the token', async () => {
  const leaving = new AbortController()
  beforeAnswer = async (gone) => {
    leaving.abort()
    if (!gone.aborted) await once(gone, 'abort')
  }
  await expect(client.acquire({ holder: 'Ada' }, { leaving: leaving.signal })).rejects.toThrow()
  await stage.until(({ reservations }) => reservations.length === 0)
})

test('a caller with a token of its own that lost its answer asks again and has the same lock, with the same fence', async () => {
  const held = await client.acquire({ holder: 'cron' })
  const token = newToken()
  const { answer, hangUp } = waiter('Ada', { token })
  await inLine(1)
  beforeAnswer = async (gone) => {
    hangUp()
    if (!gone.aborted) await once(gone, 'abort')
  }
  await client.release(tokenOf(held))
  await expect(answer).rejects.toThrow()
  beforeAnswer = () => Promise.resolve()
  const before = await stage.until(({ reservations }) => reservations.length === 1)
  const again = await client.acquire({ holder: 'Ada', token, ttl_s: 60 }, { waitS: 5 })
  expect(again).toMatchObject({ status: 200, json: { fence: before.reservations[0]?.fence, token } })
})

test('a caller with a token of its own that is cut off in line finds its place again', async () => {
  const held = await client.acquire({ holder: 'cron' })
  const token = newToken()
  const first = waiter('Ada', { token })
  await inLine(1)
  const second = waiter('Grace')
  await inLine(2)
  first.hangUp()
  const again = waiter('Ada', { token })
  await client.release(tokenOf(held))
  const granted = await again.answer
  expect(granted).toMatchObject({ status: 201, json: { holder: 'Ada', token } })
  await client.release(token)
  expect(await second.answer).toMatchObject({ status: 201, json: { holder: 'Grace' } })
})

test('workers that are started again meanwhile cost nobody the place in line', async () => {
  const held = await client.acquire({ holder: 'cron' })
  const first = waiter('Ada')
  await inLine(1)
  const second = waiter('Grace')
  await inLine(2)
  await stage.stopWorkers()
  expect(await client.acquire({ holder: 'curious' })).toMatchObject({ status: 503, json: { code: 'worker_down' } })
  await stage.addWorker()
  await stage.until(({ waiting }) => waiting.length === 2)
  await client.release(tokenOf(held))
  const granted = await first.answer
  expect(granted).toMatchObject({ status: 201, json: { holder: 'Ada' } })
  await client.release(tokenOf(granted))
  expect(await second.answer).toMatchObject({ status: 201, json: { holder: 'Grace' } })
})

test('two API processes have one line, and one that is killed takes nobody else’s place along', async () => {
  const processes = await Promise.all([ApiProcess.start(stage.places), ApiProcess.start(stage.places)])
  const [one, other] = processes.map(({ url }) => new LockClient(url))
  try {
    if (one === undefined || other === undefined) throw new Error('two were started')
    const held = await one.acquire({ holder: 'cron' })
    const order: string[] = []
    const waiters = []
    for (const [i, at] of [other, one, other, one].entries()) {
      waiters.push({ holder: `waiter ${String(i)}`, at, ...waiter(`waiter ${String(i)}`, {}, at) })
      await inLine(i + 1)
    }
    await processes[1].kill()
    await inLine(2)
    const served = waiters
      .filter(({ at }) => at === one)
      .map(async ({ answer, holder }) => {
        const grant = await answer
        order.push(holder)
        await one.release(tokenOf(grant))
      })
    await one.release(tokenOf(held))
    await Promise.all(served)
    expect(order).toEqual(['waiter 1', 'waiter 3'])
  } finally {
    await Promise.all(processes.map((process) => process.close()))
  }
})
