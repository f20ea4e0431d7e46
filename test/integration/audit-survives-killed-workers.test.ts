import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { hash } from '../domain/arbitration/commands.ts'
import { startStage, type Stage } from './stage.ts'
import type { WorkerProcess } from './worker-process.ts'

let stage: Stage
let worker: WorkerProcess
beforeAll(async () => {
  stage = await startStage({ worker: false })
  worker = stage.spawnWorker()
  await stage.surveyed()
})
afterAll(() => stage.close())

/** Bytes of the trail as it lies on disk. */
function size(): number {
  try {
    return readdirSync(stage.places.auditDir).reduce((sum, name) => sum + statSync(join(stage.places.auditDir, name)).size, 0)
  } catch {
    return 0 // nothing was written yet
  }
}

/** Kills the worker in the moment in which lines of a drain reach the disk: the arbiter does not know that yet. */
async function killWhileItWrites(): Promise<void> {
  const before = size()
  while (size() === before) await turn()
  await worker.kill()
}

test('workers killed while they write down: no event is lost, and none stands twice', { timeout: 240_000 }, async () => {
  const fences: number[] = []
  const wanted = 40
  let killed = 0
  /** Takes the lock and gives it back, again and again: what has no answer is repeated under the same id, and so done once. */
  const busy = async (): Promise<void> => {
    for (let i = 0; i < wanted || killed < 3; i++) {
      const tokenHash = hash(`token ${String(i)}`)
      const granted = await insist({
        id: `acquire-${String(i)}`,
        type: 'acquire',
        tokenHash,
        holder: `holder ${String(i)}`,
        purpose: null,
        ttlS: 600,
        hosts: null,
      })
      if (granted.kind !== 'granted' && granted.kind !== 'extended') throw new Error(JSON.stringify(granted))
      fences.push(granted.reservation.fence)
      await insist({ id: `release-${String(i)}`, type: 'release', tokenHash })
      while ((await untold()) > 200) await turn()
    }
  }
  const kills = async (): Promise<void> => {
    for (; killed < 3; killed++) {
      await killWhileItWrites()
      worker = stage.spawnWorker()
    }
  }
  await Promise.all([busy(), kills()])

  const lines = await stage.audit()
  const told = lines.map(({ type, fence }) => `${type} ${String(fence)}`).filter((line) => line.startsWith('lock_'))
  expect(told).toEqual(fences.flatMap((fence) => [`lock_acquired ${String(fence)}`, `lock_released ${String(fence)}`]))
  expect(lines.map(({ seq }) => seq)).toEqual([...new Set(lines.map(({ seq }) => seq))].toSorted((a, b) => a - b))
  expect(lines.filter(({ type }) => type === 'audit_gap')).toEqual([])
})

/** Events that wait to be written down; beyond a bound of its own the arbiter drops the oldest, which is not what is tried here. */
async function untold(): Promise<number> {
  const waiting = await stage.client.workflow
    .getHandle(arbiterWorkflowId(stage.clusterId))
    .query<readonly unknown[]>('outbox')
    .catch(() => null)
  return waiting === null ? 0 : waiting.length
}

/** Asks until there is an answer. */
async function insist(wish: Parameters<Stage['ask']>[0]): ReturnType<Stage['ask']> {
  for (;;) {
    const answer = await stage.ask(wish).catch(() => null)
    if (answer !== null && answer.kind !== 'expired') return answer
  }
}
