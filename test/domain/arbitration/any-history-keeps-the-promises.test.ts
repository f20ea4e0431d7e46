import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide, take } from '../../../domain/arbitration/decide.ts'
import { freshState } from '../../../domain/arbitration/state.ts'
import { acquire, start } from './commands.ts'
import { event, names } from './histories.ts'
import { World } from './history-world.ts'

test('whatever is asked and happens, in whatever order, with the clock stepping back: one holder and one change per host, fences only rise, nobody is passed, repeats do nothing, and all of it is told once', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const world = new World()
      for (const one of events) world.meet(one)
    }),
    { numRuns: 1_500 },
  )
})

test('no reservation ends before its time, however the server’s clock steps', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -120_000, max: 5_000 }), { maxLength: 30 }), (steps) => {
      let state = decide(freshState('demo', names, start), [acquire('ann', { ttlS: 60 })], start).state
      let now = start
      let passed = 0 // at most so much time has really passed
      for (const step of steps) {
        now += step
        passed += Math.max(0, step)
        state = take(state, { kind: 'woken' }, now).state
        expect(state.reservations.length).toBe(passed < 60_000 ? 1 : state.reservations.length)
      }
    }),
    { numRuns: 1_000 },
  )
})
