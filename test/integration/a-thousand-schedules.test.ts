import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRegistry } from '../../activities/schedules/registry.ts'
import type { RegistryState } from '../../domain/scheduling/command.ts'
import { temporalScheduleId } from '../../domain/scheduling/schedule.ts'
import { external } from '../domain/scheduling/bodies.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.close())

test('a thousand schedules are registered at once, get to Temporal, and go from there again', { timeout: 300_000 }, async () => {
  const registry = createRegistry(stage.client, stage.clusterId)
  const until = async (wanted: (state: RegistryState) => boolean): Promise<void> => {
    for (let state: RegistryState | null = null; state === null || !wanted(state); await pause(200)) state = await registry.peek().catch(() => null) // busy for a moment
  }
  const inTemporal = async (): Promise<number> => {
    let count = 0
    for await (const { scheduleId } of stage.client.schedule.list({ pageSize: 500 }))
      if (scheduleId.startsWith(temporalScheduleId(stage.clusterId, ''))) count += 1
    return count
  }
  const bodies = Array.from({ length: 1_000 }, (_, i) => external({ id: `many-${i}`, cron: `${i % 60} ${i % 24} * * *` }))
  const answers = await registry.askAll(bodies.map((body) => ({ type: 'register', body })))
  expect(answers.filter((answer) => answer.kind === 'registered' && answer.created)).toHaveLength(1_000)
  await until(({ schedules }) => Object.values(schedules).every((one) => one.inTemporal === one.revision))
  while ((await inTemporal()) < 1_000) await pause(200) // the list is behind by a moment

  const removed = await registry.askAll(bodies.map(({ id }) => ({ type: 'remove', id })))
  expect(removed.filter(({ kind }) => kind === 'removed')).toHaveLength(1_000)
  await until((state) => state.removed.every(({ pending }) => !pending))
  while ((await inTemporal()) > 0) await pause(200)
})
