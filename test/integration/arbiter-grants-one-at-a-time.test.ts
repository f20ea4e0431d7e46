import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createArbiterClient } from '../../activities/arbiter.ts'
import type { Wish } from '../../domain/group-commit.ts'
import { arbiterWorkflowId, swapWorkflowId } from '../../domain/names.ts'
import { decide } from '../../workflows/messages.ts'
import { acquire, hash, swap, wish } from '../domain/arbitration/commands.ts'
import { keepRuns } from './keep-history.ts'
import { stageWithShortRuns } from './short-runs.ts'
import type { Stage } from './stage.ts'

const batchesARun = 40
let stage: Stage

beforeAll(async () => {
  stage = await stageWithShortRuns(batchesARun)
})
afterAll(async () => {
  await keepRuns(stage.client, 'arbiter-over-runs', arbiterWorkflowId(stage.clusterId), 3)
  await stage.close()
})

const arbiter = () => stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId))
const runId = async (): Promise<string> => (await arbiter().describe()).runId
const lock = (name: string): Wish => wish(acquire(name))

test('fifty contenders from two processes, twenty rounds: exactly one grant a round, and everyone else learns who holds', async () => {
  const other = createArbiterClient({ client: stage.client, clusterId: stage.clusterId, taskQueue: stage.taskQueue })
  const fences: number[] = []
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? stage.arbiter : other).ask(lock(`${round} ${n}`))))
    const granted = answers.flatMap((answer) => (answer.kind === 'granted' ? [answer.reservation] : []))
    expect(granted).toHaveLength(1)
    const holder = granted[0]?.holder ?? ''
    expect(answers.every((answer) => answer.kind === 'granted' || (answer.kind === 'refused' && answer.reservation?.holder === holder))).toBe(true)
    fences.push(...granted.map((reservation) => reservation.fence))
    await stage.ask({ type: 'release', tokenHash: hash(holder) })
  }
  expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b))
})

test('reservations, queue and running swaps go on over any number of runs', async () => {
  await stage.ask(lock('keeper'))
  await stage.ask(wish(swap('swap-runs-on', ['spark-1'], { model: null, tokenHash: hash('keeper') })))
  const before = await stage.until((view) => view.active.length === 0 && view.reservations.length === 1)
  const runs = new Set<string>()
  while (runs.size < 4) {
    expect(await stage.ask({ type: 'extend', tokenHash: hash('keeper'), ttlS: 600 })).toMatchObject({ kind: 'extended' })
    runs.add(await runId())
  }
  const after = await stage.state()
  expect(after.reservations).toMatchObject([
    { holder: 'keeper', fence: before.reservations[0]?.fence, acquiredAt: before.reservations[0]?.acquiredAt },
  ])
  expect(after.fence).toBe(before.fence)
  expect(after.hosts.map((host) => host.state)).toEqual(['known', 'known'])
  await stage.ask({ type: 'release', tokenHash: hash('keeper') })
})

test('a run is over long before its history takes long to read again, and the next one knows all', async () => {
  const { runId } = await arbiter().describe()
  await stage.ask(lock('keeper of the line'))
  const { fence } = await stage.state()
  while ((await arbiter().describe()).runId === runId) {
    await stage.ask(acquire('passer-by'))
    expect((await arbiter().describe()).historyLength).toBeLessThan(2_000)
  }
  expect((await stage.state()).reservations).toMatchObject([{ fence }])
  await stage.ask({ type: 'release', tokenHash: hash('keeper of the line') })
})

test('a batch that is sent again under its id is answered as before, and not decided again', async () => {
  const [updateId, token] = [randomUUID(), 'twice']
  const batch = [{ ...acquire(token), notAfter: stage.arbiter.arbiterNow() + 5_000 }]
  const first = await arbiter().executeUpdate(decide, { updateId, args: [batch] })
  await stage.ask({ type: 'release', tokenHash: hash(token) })
  expect(await arbiter().executeUpdate(decide, { updateId, args: [batch] })).toEqual(first)
  expect((await stage.state()).reservations).toEqual([])
})

test('a swap that nobody could decide in time never fires later', async () => {
  const notAfter = stage.arbiter.arbiterNow() + 500
  await stage.stopWorkers()
  const late = swap('swap-too-late', ['spark-1'], { model: null, notAfter })
  const sent = arbiter().executeUpdate(decide, { updateId: randomUUID(), args: [[late]] })
  while (stage.arbiter.arbiterNow() <= notAfter) await pause(20)
  await stage.addWorker()
  expect((await sent).answers).toEqual([{ kind: 'expired' }])
  const swaps = await stage.state()
  expect([...swaps.active, ...swaps.queue]).toEqual([])
  await expect(stage.client.workflow.getHandle(swapWorkflowId(stage.clusterId, 'swap-too-late')).describe()).rejects.toThrow()
})

test('a person with only Temporal’s page frees the lock by a signal', async () => {
  await stage.ask(lock('gone on holiday'))
  await arbiter().signal('forceRelease', { reason: 'nobody answers the phone' })
  await stage.until((view) => view.reservations.length === 0)
})

test('asked to cancel, the arbiter goes on', async () => {
  await arbiter().cancel()
  expect(await stage.ask({ type: 'force_release', reason: 'x', hosts: null })).toMatchObject({ kind: 'released' })
  expect((await arbiter().describe()).status.name).toBe('RUNNING')
})
