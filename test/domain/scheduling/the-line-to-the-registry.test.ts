import { expect, test } from 'vitest'
import type { ScheduleBatch, ScheduleReply } from '../../../domain/scheduling/command.ts'
import { createRegistryLine, RegistrySilent, type Registry } from '../../../domain/scheduling/registry-line.ts'
import { freshRegistry } from '../../../domain/scheduling/registry.ts'

interface Sent extends ScheduleBatch {
  readonly updateId: string
}

/** A line whose Updates go to `answer`, with a clock that only its pauses move. */
function stage(answer: (sent: Sent, times: number) => Promise<ScheduleReply>): { sent: Sent[]; line: Registry; clock: () => number } {
  const sent: Sent[] = []
  let [ids, now] = [0, 1_000_000]
  const line = createRegistryLine({
    send: (updateId, batch) => {
      sent.push({ updateId, ...batch })
      return answer({ updateId, ...batch }, sent.length)
    },
    look: () => Promise.resolve({ ...freshRegistry('demo', now), recovered: true }),
    now: () => now,
    sleep: (ms) => Promise.resolve(void (now += ms)),
    newId: () => `update-${++ids}`,
    budgetMs: 1_000,
  })
  return { sent, line, clock: () => now }
}
const decided = ({ commands }: Sent): Promise<ScheduleReply> =>
  Promise.resolve({ kind: 'decided', now: 0, answers: commands.map(() => ({ kind: 'noted' })) })
const remove = (id: string) => ({ type: 'remove', id }) as const

test('what is asked while an Update is under way rides in the next, and a thousand at once go in a few', async () => {
  const { sent, line } = stage(decided)
  await Promise.all([line.ask(remove('a')), line.askAll(Array.from({ length: 999 }, (_, i) => remove(`s-${i}`)))])
  expect(sent.map(({ commands }) => commands.length)).toEqual([250, 250, 250, 250])
})

test('a batch whose reply was lost is sent again under the same id', async () => {
  const { sent, line } = stage((batch, times) => (times < 3 ? Promise.reject(new Error('reset')) : decided(batch)))
  expect(await line.ask(remove('a'))).toEqual({ kind: 'noted' })
  expect(new Set(sent.map(({ updateId }) => updateId)).size).toBe(1)
})

test('a clock of ours that is behind is noticed, and the command asked anew in the registry’s time', async () => {
  const { sent, line, clock } = stage((batch) => {
    const now = clock() + 60_000
    return batch.notAfter < now ? Promise.resolve({ kind: 'late', now }) : decided(batch)
  })
  expect(await line.ask(remove('a'))).toEqual({ kind: 'noted' })
  expect(await line.ask(remove('b'))).toEqual({ kind: 'noted' })
  expect(sent).toHaveLength(3)
})

test('a registry that is still finding its schedules is asked again until it has', async () => {
  const { sent, line } = stage((batch, times) => (times < 3 ? Promise.resolve({ kind: 'recovering', now: 0 }) : decided(batch)))
  expect(await line.ask(remove('a'))).toEqual({ kind: 'noted' })
  expect(new Set(sent.map(({ updateId }) => updateId)).size).toBe(3)
})

test.each<[string, (sent: Sent) => Promise<ScheduleReply>, string]>([
  ['Temporal refuses connections', () => Promise.reject(new Error('refused')), 'temporal_down'],
  ['no worker answers', () => Promise.reject(new RegistrySilent('worker_down')), 'worker_down'],
  ['the registry does not find its schedules', () => Promise.resolve({ kind: 'recovering', now: 0 }), 'worker_down'],
])('%s: the caller is told when its time is over', async (_what, answer, code) => {
  const { line, clock } = stage(answer)
  const begun = clock()
  const told = await line.ask(remove('a')).catch((error: unknown) => error)
  expect(told).toMatchObject({ name: 'RegistrySilent', code })
  expect(clock() - begun).toBeLessThanOrEqual(1_200)
})
