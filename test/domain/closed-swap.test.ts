import { expect, test } from 'vitest'
import { asClosed, statusNames } from '../../domain/closed-swap.ts'
import { changed, queuedSwap } from '../../domain/swap-record.ts'
import { Swap } from '../../domain/swap.ts'

const queued = queuedSwap({ swapId: 'swap-0001', model: 'mine', hosts: ['spark-1'], holder: null, schedule: null, reason: null, acceptedAt: 0 })
const running = changed(
  changed(queued, { type: 'told_to_go', fence: 7, hosts: ['spark-1'], affectedHosts: ['spark-1'], previous: [], deadlineAt: 1000 }),
  { type: 'phase_begun', phase: 'launch', at: 5, detail: null },
)

test.each([
  ['TERMINATED', 'terminated'],
  ['TIMED_OUT', 'timed_out'],
  ['CANCELLED', 'cancelled'],
  ['FAILED', 'failed'],
] as const)('a swap whose workflow was %s without a last word is shown as %s', (status, outcome) => {
  const shown = Swap.parse(asClosed(running, status, 60_000))
  expect(shown).toMatchObject({ state: 'done', outcome, ended_at: '1970-01-01T00:01:00.000Z', left: { 'spark-1': 'unknown' } })
  expect(shown.cause).not.toBeNull()
  expect(shown.phases.filter((phase) => phase.state === 'running')).toEqual([])
  expect(shown.revision).toBeGreaterThan(running.revision)
})

test('a swap that ended by itself keeps its own words', () => {
  const ended = changed(running, { type: 'ended', outcome: 'restored', left: { 'spark-1': 'previous' }, cause: null, at: 9 })
  expect(asClosed(ended, 'COMPLETED', 60_000)).toBe(ended)
  expect(asClosed(ended, 'TERMINATED', 60_000)).toBe(ended)
})

test('a running swap is shown as it is', () => {
  expect(asClosed(running, 'RUNNING', null)).toBe(running)
  expect(statusNames[1]).toBe('RUNNING')
})
