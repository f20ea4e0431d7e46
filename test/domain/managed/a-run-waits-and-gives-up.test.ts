import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asksAgainInMs } from '../../../domain/managed/patience.ts'

const ms = (seconds: number): number => seconds * 1000

test('a run at the end of its patience does not ask again', () => {
  expect(asksAgainInMs({ waitedMs: ms(60), leftMs: 0, freeInMs: null })).toBeNull()
  expect(asksAgainInMs({ waitedMs: 0, leftMs: ms(-1), freeInMs: ms(5) })).toBeNull()
})

test('it asks soon at first, and each minute after a long time', () => {
  expect(asksAgainInMs({ waitedMs: 0, leftMs: ms(3600), freeInMs: null })).toBe(ms(1))
  expect(asksAgainInMs({ waitedMs: ms(200), leftMs: ms(3600), freeInMs: null })).toBe(ms(10))
  expect(asksAgainInMs({ waitedMs: ms(9_000), leftMs: ms(3600), freeInMs: null })).toBe(ms(60))
})

test('it asks as soon as what refused should be over, and a last time when its patience ends', () => {
  expect(asksAgainInMs({ waitedMs: ms(1_000), leftMs: ms(3600), freeInMs: ms(4) })).toBe(4_500)
  expect(asksAgainInMs({ waitedMs: ms(1_000), leftMs: ms(3600), freeInMs: ms(900) })).toBe(ms(50))
  expect(asksAgainInMs({ waitedMs: ms(1_000), leftMs: ms(7), freeInMs: null })).toBe(ms(7))
})

test('whatever is refused for a whole day, the rounds stay few enough for one history', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), (waitS) => {
      let waitedMs = 0
      let rounds = 0
      for (;;) {
        const pause = asksAgainInMs({ waitedMs, leftMs: ms(waitS) - waitedMs, freeInMs: null })
        if (pause === null) break
        expect(pause).toBeGreaterThan(0)
        waitedMs += pause
        rounds += 1
      }
      expect(waitedMs).toBe(ms(waitS))
      expect(rounds).toBeLessThan(1_600)
    }),
    { numRuns: 60 },
  )
})
