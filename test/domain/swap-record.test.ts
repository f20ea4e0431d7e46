import fc from 'fast-check'
import { expect, test } from 'vitest'
import { causeOf } from '../../domain/errors.ts'
import { changed, queuedSwap, type SwapChange } from '../../domain/swap-record.ts'
import { Outcome, Swap, phaseNames } from '../../domain/swap.ts'

const accepted = { swapId: 'swap-0001', model: 'qwen3', hosts: ['spark-1'], holder: 'cron', schedule: null, reason: null, acceptedAt: 1_000 }
const go: SwapChange = { type: 'told_to_go', fence: 7, hosts: ['spark-1'], affectedHosts: ['spark-1', 'spark-2'], previous: [], deadlineAt: 9_000 }
const after = (...changes: SwapChange[]): Swap => changes.reduce(changed, queuedSwap(accepted))

test('an accepted swap waits, with all phases before it', () => {
  const swap = queuedSwap(accepted)
  expect(Swap.parse(swap)).toEqual(swap)
  expect(swap).toMatchObject({ state: 'queued', fence: null, phase: null, outcome: null, requested_at: '1970-01-01T00:00:01.000Z' })
  expect(swap.phases.every((phase) => phase.state === 'pending')).toBe(true)
})

test('told to go it runs, with its fence and the hosts that it affects; a second word changes nothing', () => {
  expect(after(go)).toMatchObject({ state: 'running', fence: 7, affected_hosts: ['spark-1', 'spark-2'], deadline_at: '1970-01-01T00:00:09.000Z' })
  expect(after(go, { ...go, fence: 8 })).toEqual(after(go))
})

test('a phase has its times and what it did', () => {
  const swap = after(
    go,
    { type: 'phase_begun', phase: 'stop', at: 2_000, detail: null },
    { type: 'phase_done', phase: 'stop', at: 3_000, detail: 'gone' },
  )
  expect(swap.phases.find((phase) => phase.name === 'stop')).toEqual({
    ...{ name: 'stop', state: 'done', started_at: '1970-01-01T00:00:02.000Z', ended_at: '1970-01-01T00:00:03.000Z', detail: 'gone' },
  })
})

test('the end skips what never began, fails what never ended, and leaves notify to come', () => {
  const swap = after(
    go,
    { type: 'phase_begun', phase: 'launch', at: 2_000, detail: null },
    {
      ...{ type: 'ended', outcome: 'left_empty', left: { 'spark-1': 'empty' }, cause: causeOf('gated_repo'), at: 4_000 },
    },
  )
  const states = Object.fromEntries(swap.phases.map(({ name, state }) => [name, state]))
  expect(states).toMatchObject({ preflight: 'skipped', launch: 'failed', restore: 'skipped', notify: 'pending' })
})

test('whatever comes in whatever order: the record stays valid, its revision counts its changes, and an end is final', () => {
  const at = fc.nat(1_000_000)
  const phase = fc.constantFrom(...phaseNames)
  const detail = fc.option(fc.string())
  const change: fc.Arbitrary<SwapChange> = fc.oneof(
    fc.constant(go),
    fc.record({ type: fc.constant('phase_begun' as const), phase, at, detail }),
    fc.record({ type: fc.constantFrom('phase_done' as const, 'phase_failed' as const), phase, at, detail }),
    fc.record({
      type: fc.constant('ended' as const),
      outcome: fc.constantFrom(...Outcome.options),
      left: fc.constant({}),
      cause: fc.constant(null),
      at,
    }),
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      let swap = queuedSwap(accepted)
      for (const next of changes) {
        const before = swap
        swap = changed(swap, next)
        Swap.parse(swap)
        expect(swap.revision).toBe(swap === before ? before.revision : before.revision + 1)
        if (before.state === 'done')
          expect({ ...swap, phases: [], phase: null, revision: 0 }).toEqual({ ...before, phases: [], phase: null, revision: 0 })
        expect(swap.phases.filter((one) => one.state === 'done' || one.state === 'failed').every((one) => one.ended_at !== null)).toBe(true)
      }
    }),
    { numRuns: 1_000 },
  )
})
