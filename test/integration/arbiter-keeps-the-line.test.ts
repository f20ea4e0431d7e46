import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../../domain/arbitration/command.ts'
import { ticketMs } from '../../domain/arbitration/line.ts'
import { ArbiterSilent, type Wish } from '../../domain/group-commit.ts'
import { acquire, hash, wish } from '../domain/arbitration/commands.ts'
import { startStage, type Stage } from './stage.ts'
import type { WorkerProcess } from './worker-process.ts'

/** As the API repeats a ticket. */
const repeatMs = 1_000
const waiters = ['first', 'second', 'third']
let stage: Stage
let worker: WorkerProcess

beforeAll(async () => {
  stage = await startStage({ worker: false })
  worker = stage.spawnWorker()
  await stage.surveyed()
})
afterAll(() => stage.close())

/** Asks until there is an answer: what a caller does that was told 503. */
async function insist(what: Wish): Promise<Answer> {
  for (;;) {
    try {
      return await stage.ask(what)
    } catch (error) {
      if (!(error instanceof ArbiterSilent)) throw error
    }
  }
}

async function standInLine(holder: string): Promise<void> {
  while ((await insist(wish(acquire(holder, { ticket: `ticket of ${holder}` })))).kind !== 'granted') await pause(repeatMs)
}

test('workers killed while some stand in line: nobody loses its place, and all of it is told once', async () => {
  await insist(wish(acquire('holder')))
  const granted: string[] = []
  const everyone = waiters.map(async (holder) => {
    await standInLine(holder)
    granted.push(holder)
    await insist({ type: 'confirm', tokenHash: hash(holder) })
    await insist({ type: 'release', tokenHash: hash(holder) })
  })
  const { waiting } = await stage.until((view) => view.waiting.length === waiters.length)
  for (let kills = 0; kills < 2; kills++) {
    await worker.kill()
    const lapsed = stage.arbiter.arbiterNow() + ticketMs
    while (stage.arbiter.arbiterNow() <= lapsed) await pause(50)
    worker = stage.spawnWorker()
    expect((await stage.until(() => true)).waiting).toEqual(waiting)
    await insist({ type: 'extend', tokenHash: hash('holder'), ttlS: 600 })
    expect((await stage.state()).waiting).toEqual(waiting)
  }
  await insist({ type: 'release', tokenHash: hash('holder') })
  await Promise.all(everyone)
  expect(granted).toEqual(waiting.map((one) => one.holder))
  const told = await stage.audit()
  const holdersOf = (type: string): unknown[] =>
    told.flatMap((event) => (event.type === type ? [((event.after ?? event.before) as { holder: string }).holder] : [])) // as ReservationView has it
  expect(holdersOf('lock_acquired')).toEqual(['holder', ...granted])
  expect(holdersOf('lock_released')).toEqual(['holder', ...granted])
})
