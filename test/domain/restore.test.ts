import { expect, test } from 'vitest'
import type { Deployment } from '../../domain/deployment.ts'
import { leftOn, outcomeOf, owed, putBack, type Wreck } from '../../domain/restore.ts'
import { modelWith } from './launchers/sample.ts'

const deployment: Deployment = {
  ...{ model: 'qwen3', hosts: ['spark-1'], swapId: 'old', fence: 1, validatedAt: 1, adopted: false, container: 'vllm_node', snapshot: modelWith() },
}

test('owed is what was validated and can be launched again; nothing when told to leave it', () => {
  const adopted = { ...deployment, adopted: true, validatedAt: null, snapshot: null }
  expect(owed([deployment, adopted], 'restore').map((one) => one.deployment)).toEqual([deployment])
  expect(owed([deployment], 'leave')).toEqual([])
  expect(owed([{ ...deployment, validatedAt: null }], 'restore')).toEqual([])
})

const wreck: Wreck = { trouble: 'failed', reached: 'launched', touched: true, owedAny: true, restore: 'all', unproven: false }

test.each<[string, Partial<Wreck>, string]>([
  ['all put back', {}, 'restored'],
  ['one not put back', { restore: 'some_failed' }, 'restore_failed'],
  ['nothing owed', { owedAny: false, restore: null }, 'left_empty'],
  ['what was started cannot be proven stopped, and something is owed', { restore: null, unproven: true }, 'restore_failed'],
  ['what was started cannot be proven stopped, and nothing is owed', { owedAny: false, restore: null, unproven: true }, 'failed'],
  ['a check failed', { reached: 'preflight', touched: false, restore: null }, 'preflight_failed'],
  ['the drain failed', { reached: 'stop', touched: false, restore: null }, 'failed'],
  ['the stop could not be proven', { reached: 'stop', restore: null, unproven: true }, 'failed'],
  ['stopped, and the memory did not come back, but the previous fits', { reached: 'stop' }, 'restored'],
  ['cancelled in the queue', { trouble: 'cancelled', reached: 'queue', touched: false, restore: null }, 'cancelled'],
  ['cancelled before the stop', { trouble: 'cancelled', reached: 'stop', touched: false, restore: null }, 'cancelled'],
  ['cancelled, and put back', { trouble: 'cancelled' }, 'cancelled'],
  ['cancelled, and not put back: that must be said', { trouble: 'cancelled', restore: 'some_failed' }, 'restore_failed'],
  ['the deadline passed, and put back', { trouble: 'timed_out' }, 'timed_out'],
  ['the deadline passed, and nobody knows what is there', { trouble: 'timed_out', restore: null, unproven: true }, 'restore_failed'],
])('%s: %o is %s', (_, change, outcome) => {
  expect(outcomeOf({ ...wreck, ...change })).toBe(outcome)
})

test('a host that was not touched still holds what it held; one that could not be proven holds nobody knows what', () => {
  const hosts = ['spark-1', 'spark-2', 'spark-3', 'spark-4']
  const states = { 'spark-2': 'cleared', 'spark-3': 'unproven', 'spark-4': 'unreachable' } as const
  expect(leftOn(hosts, states, [deployment])).toEqual({ 'spark-1': 'previous', 'spark-2': 'empty', 'spark-3': 'unknown', 'spark-4': 'unknown' })
  expect(leftOn(['spark-1'], {}, [])).toEqual({ 'spark-1': 'empty' })
})

test('a deployment that was put back is known by the swap that did it', () => {
  expect(putBack(deployment, 'new', 9, 5)).toEqual({ ...deployment, swapId: 'new', fence: 9, validatedAt: 5 })
})
