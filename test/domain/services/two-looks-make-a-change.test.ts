import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ProbeVerdict } from '../../../domain/services/judge.ts'
import { afterProbe, lookOf, neverSeen, nextProbeInMs, resumed, type Standing } from '../../../domain/services/standing.ts'

const said = (state: ProbeVerdict['state'], detail: string | null = null): ProbeVerdict => ({ state, detail })
const after = (...states: ProbeVerdict['state'][]): Standing =>
  states.reduce((standing, state, i) => afterProbe(standing, said(state), i + 1), neverSeen(0))

test('the first look of all is believed at once', () => {
  expect(after('down')).toMatchObject({ state: 'down', since: 1 })
})

test('one look that differs changes nothing; the second one like it does, and tells since when', () => {
  expect(after('up', 'down')).toMatchObject({ state: 'up', since: 1 })
  expect(after('up', 'down', 'down')).toMatchObject({ state: 'down', since: 3 })
  expect(after('up', 'down', 'up', 'down')).toMatchObject({ state: 'up', since: 1 })
  expect(after('up', 'down', 'starting', 'down')).toMatchObject({ state: 'up', since: 1 })
})

test('the word beside a state is that of the last look which showed it', () => {
  const up = afterProbe(neverSeen(0), said('up'), 1)
  const doubted = afterProbe(up, said('down', 'nothing listens'), 2)
  expect(doubted).toMatchObject({ state: 'up', detail: null })
  expect(afterProbe(doubted, said('down', 'still nothing'), 3)).toMatchObject({ state: 'down', detail: 'still nothing' })
})

test('what is up is looked at each five seconds, what stays down less and less, at least each minute; a doubt is settled soon', () => {
  expect(nextProbeInMs(after('up'))).toBe(5_000)
  expect(nextProbeInMs(after('up', 'down'))).toBe(5_000)
  const pauses = [1, 2, 3, 4, 5, 50].map((looks) => nextProbeInMs(after(...Array<'down'>(looks).fill('down'))))
  expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000])
  expect(nextProbeInMs(after('down', 'down', 'down', 'up'))).toBe(5_000)
  expect(nextProbeInMs(after('down', 'down', 'down', 'up', 'up'))).toBe(5_000)
})

test('a new watch goes on from what the last one held', () => {
  const down = after('up', 'down', 'down')
  expect(resumed(lookOf('x', down, 9_000, null))).toMatchObject({ state: 'down', since: 3 })
})

test('whatever is seen, a state that is held was the word of two looks in a row, or of the first', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('up', 'up_needs_key', 'starting', 'down'), { minLength: 1, maxLength: 30 }), (states) => {
      const { state, since } = after(...states)
      expect(states[since - 1]).toBe(state)
      if (since > 1) expect(states[since - 2]).toBe(state)
      expect(nextProbeInMs(after(...states))).toBeLessThanOrEqual(60_000)
    }),
  )
})
