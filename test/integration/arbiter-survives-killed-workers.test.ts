import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Answer } from '../../domain/arbitration/command.ts'
import { ArbiterSilent, type Wish } from '../../domain/group-commit.ts'
import { acquire, hash, wish } from '../domain/arbitration/commands.ts'
import { startStage, type Stage } from './stage.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
let stage: Stage
let worker: ChildProcess

/** The product's own worker, as a process; it ends by itself when this one does. */
function startWorker(): ChildProcess {
  const { TEMPORAL_NAMESPACE: _, ...env } = process.env
  return spawn(process.execPath, ['worker.ts'], {
    cwd: project,
    env: { ...env, SPARK_DATA_DIR: stage.places.dataDir, SPARK_SUPERVISED: '1', TEMPORAL_ADDRESS: inject('temporalAddress') },
    stdio: ['pipe', 'ignore', 'inherit'],
  })
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

beforeAll(async () => {
  stage = await startStage({ worker: false })
  worker = startWorker()
  await stage.surveyed()
})
afterAll(async () => {
  await kill(worker)
  await stage.close()
})

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

test('workers killed in the middle of batches: never two holders, no grant twice, no release lost', async () => {
  const told: { what: 'granted' | 'released'; token: string; fence: number }[] = []
  let over = false
  const contend = async (name: string): Promise<void> => {
    for (let turn = 0; !over; turn++) {
      const token = `${name} ${turn}`
      const answer = await insist(wish(acquire(token)))
      if (answer.kind !== 'granted' && answer.kind !== 'extended') continue // someone else has it
      told.push({ what: 'granted', token, fence: answer.reservation.fence })
      const ended = await insist({ type: 'release', tokenHash: hash(token) })
      told.push({ what: 'released', token, fence: answer.reservation.fence })
      // Stale is what a release is called that was done long before its repeat.
      expect(ended.kind === 'refused' ? ended.code : ended.kind).toMatch(/^(released|lock_stale)$/)
    }
  }
  const contenders = Array.from({ length: 12 }, (_, n) => contend(`contender ${n}`))
  for (let kills = 0; kills < 3; kills++) {
    const before = told.length
    while (told.length < before + 40) await Promise.race([...contenders, new Promise((resolve) => setTimeout(resolve, 20))])
    await kill(worker)
    worker = startWorker()
  }
  const last = told.length
  while (told.length < last + 40) await new Promise((resolve) => setTimeout(resolve, 20))
  over = true
  await Promise.all(contenders)

  const fences = told.filter(({ what }) => what === 'granted').map(({ fence }) => fence)
  expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b))
  told.forEach(({ what, token }, i) => {
    if (what === 'granted') expect(told[i + 1]).toMatchObject({ what: 'released', token })
  })
  expect((await stage.state()).reservations).toEqual([])
})
