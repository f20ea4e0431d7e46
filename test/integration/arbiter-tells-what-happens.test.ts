import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { arbiterWorkflowId } from '../../domain/names.ts'
import type { AuditEvent } from '../../domain/events.ts'
import { arbiterOutbox } from '../../workflows/messages.ts'
import { acquire, hash, swap, wish } from '../domain/arbitration/commands.ts'
import { keepRuns } from './keep-history.ts'
import { stageWithShortRuns } from './short-runs.ts'
import type { Stage } from './stage.ts'

const batchesARun = 25
const other = 'gemma-3-27b'
let stage: Stage

beforeAll(async () => {
  stage = await stageWithShortRuns(batchesARun)
})
afterAll(async () => {
  await keepRuns(stage.client, 'arbiter-tells', arbiterWorkflowId(stage.clusterId), 3)
  await stage.close()
})

const arbiter = () => stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId))
const runId = async (): Promise<string> => (await arbiter().describe()).runId
/** What is told from now on. */
async function since(): Promise<() => Promise<AuditEvent[]>> {
  const before = (await stage.audit()).length
  return async () => (await stage.audit()).slice(before)
}
async function untilTold(told: () => Promise<AuditEvent[]>, type: AuditEvent['type']): Promise<AuditEvent[]> {
  for (;;) {
    const events = await told()
    if (events.some((event) => event.type === type)) return events
    await pause(100)
  }
}

test('a reservation is warned of and ends by itself, with nobody asking', async () => {
  const told = await since()
  await stage.ask(wish(acquire('short', { ttlS: 2, hosts: ['spark-2'] })))
  const events = await untilTold(told, 'lock_expired')
  expect(events.map((event) => event.type)).toEqual(['lock_acquired', 'lock_expiring', 'lock_expired'])
  const [acquired, expiring, expired] = events.map((event) => Date.parse(event.timestamp))
  expect(Number(expiring) - Number(acquired)).toBeGreaterThanOrEqual(1_600)
  expect(Number(expired) - Number(acquired)).toBeGreaterThanOrEqual(2_000)
})

test('an expiry that comes before the one that is waited for is not missed', async () => {
  const told = await since()
  await stage.ask(wish(acquire('long', { ttlS: 600, hosts: ['spark-1'] })))
  await stage.ask(wish(acquire('short', { ttlS: 1, hosts: ['spark-2'] })))
  expect(await untilTold(told, 'lock_expired')).toContainEqual(
    expect.objectContaining({ type: 'lock_expired', before: expect.objectContaining({ holder: 'short' }) as unknown }),
  )
  await stage.ask({ type: 'release', tokenHash: hash('long') })
})

test('those in line are granted in order, each in its own repeat, and one that does not confirm keeps nobody out', async () => {
  const waiters = ['first', 'second', 'third']
  const line = (holder: string) => stage.ask(wish(acquire(holder, { ticket: `ticket of ${holder}` })))
  await stage.ask(wish(acquire('holder')))
  for (const [i, holder] of waiters.entries())
    expect(await line(holder)).toMatchObject({ kind: 'waiting', position: i + 1, reservation: { holder: 'holder' } })
  await stage.ask({ type: 'release', tokenHash: hash('holder') })
  expect(await stage.ask(wish(acquire('barges in')))).toMatchObject({ kind: 'refused', code: 'reserved', reservation: null })
  const granted: string[] = []
  const told = await since()
  while (granted.length < waiters.length) {
    for (const holder of waiters.filter((one) => !granted.includes(one)).toReversed()) {
      if ((await line(holder)).kind !== 'granted') continue
      granted.push(holder)
      if (holder !== 'first') await stage.ask({ type: 'release', tokenHash: hash(holder) }) // the first one hung up
    }
    await pause(200)
  }
  expect(granted).toEqual(waiters)
  expect((await told()).map((event) => [event.type, event.result])).toEqual([
    ['lock_acquired', null],
    ['lock_released', 'unconfirmed'],
    ['lock_acquired', null],
    ['lock_released', null],
    ['lock_acquired', null],
    ['lock_released', null],
  ])
})

test('all of it is told in one order over any number of runs, and nothing twice', async () => {
  const told = await since()
  const runs = new Set<string>()
  let turns = 0
  while (runs.size < 3) {
    await stage.ask(wish(acquire(`turn ${turns}`)))
    await stage.ask({ type: 'release', tokenHash: hash(`turn ${turns}`) })
    turns += 1
    runs.add(await runId())
  }
  await stage.swap(other)
  const events = await told()
  expect(events.filter((event) => event.type === 'lock_acquired')).toHaveLength(turns)
  expect(events.filter((event) => event.type === 'lock_released')).toHaveLength(turns)
  expect(events.slice(-2).map((event) => event.type)).toEqual(['swap_started', 'swap_complete'])
  const seqs = events.map((event) => event.seq)
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b))
  expect(await arbiter().query(arbiterOutbox)).toEqual([])
})

test('what nobody could write down waits for the next worker', async () => {
  const told = await since()
  const [, swapped] = await Promise.all([
    stage.ask(wish(acquire('ann', { hosts: ['spark-1'] }))),
    stage.ask(wish(swap('swap-unloads', ['spark-2'], { model: null }))),
  ])
  expect(swapped).toMatchObject({ kind: 'accepted' })
  await stage.stopWorkers()
  await stage.addWorker()
  await stage.until((view) => view.active.length === 0)
  await stage.ask({ type: 'release', tokenHash: hash('ann') })
  const events = (await told()).map((event) => event.type)
  expect(events.toSorted()).toEqual(['lock_acquired', 'lock_released', 'swap_complete', 'swap_started'])
})

test('another request for the same model is part of the swap that is under way to it', async () => {
  stage.host('spark-1').behave({ load_s: 2 })
  const first = await stage.startSwap('qwen3-30b-a3b-fp8', { onBusy: 'queue' })
  const { answer } = await stage.requestSwap('qwen3-30b-a3b-fp8', { onBusy: 'queue', swapId: 'swap-wants-the-same' })
  expect(answer).toMatchObject({ kind: 'accepted', joined: true, state: 'running', position: null })
  expect(await first.result()).toMatchObject({ outcome: 'completed' })
  stage.host('spark-1').behave({ load_s: 0.2 })
  await expect(stage.client.workflow.getHandle(`swap/${stage.clusterId}/swap-wants-the-same`).describe()).rejects.toThrow()
})

test('a person with only Temporal’s page leaves their name and reason in the trail', async () => {
  const told = await since()
  await stage.ask(wish(acquire('gone on holiday')))
  await arbiter().signal('forceRelease', { reason: 'nobody answers the phone', by: 'Ada' })
  const events = await untilTold(told, 'lock_forced')
  expect(events.at(-1)).toMatchObject({ actor: { name: 'Ada' }, reason: 'nobody answers the phone', before: { holder: 'gone on holiday' } })
  expect(await stage.ask({ type: 'extend', tokenHash: hash('gone on holiday'), ttlS: 60 })).toMatchObject({
    code: 'lock_stale',
    message: expect.stringContaining('Ada ended this reservation') as string,
  })
})
