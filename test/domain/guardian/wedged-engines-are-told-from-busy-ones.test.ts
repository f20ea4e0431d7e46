import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterEngineLook, isWedged, type EngineSeen, type Stuck } from '../../../domain/guardian/wedge.ts'

const idleW = 18
const seen = (running: number | null, tokens: number | null, powerW: number | null = 11): EngineSeen => ({
  engine: { running, promptTokens: tokens, generationTokens: tokens === null ? null : 0 },
  powerW,
})
/** What is held after looks ten seconds apart. */
const after = (...looks: EngineSeen[]): Stuck | null =>
  looks.reduce<Stuck | null>((held, look, i) => afterEngineLook(held, look, idleW, i * 10_000), null)

test('open requests, no token, an idle GPU: stuck since the first such look, wedged after a time', () => {
  const stuck = after(seen(2, 500), seen(2, 500), seen(3, 500))
  expect(stuck).toEqual({ tokens: 500, since: 0 })
  expect(isWedged(stuck, 29_999, 30)).toBe(false)
  expect(isWedged(stuck, 30_000, 30)).toBe(true)
})

test('one token, no request, or a GPU that works ends it', () => {
  expect(after(seen(2, 500), seen(2, 501))).toBeNull()
  expect(after(seen(2, 500), seen(0, 500))).toBeNull()
  expect(after(seen(2, 500), seen(2, 500, 60))).toBeNull()
})

test('a look that could not tell neither begins it nor ends it', () => {
  const silent: EngineSeen = { engine: null, powerW: null }
  expect(after(silent, seen(null, 5), seen(1, null), seen(1, 5, null))).toBeNull()
  expect(after(seen(1, 5), silent, seen(1, 5, null), seen(null, null))).toEqual({ tokens: 5, since: 0 })
})

test('whatever is seen, an engine that made tokens all the time is never called wedged', () => {
  const power = fc.option(fc.integer({ min: 0, max: 100 }))
  fc.assert(
    fc.property(fc.array(fc.record({ running: fc.integer({ min: 0, max: 9 }), powerW: power }), { maxLength: 40 }), (looks) => {
      let held: Stuck | null = null
      for (const [i, { running, powerW }] of looks.entries()) {
        held = afterEngineLook(held, seen(running, i, powerW), idleW, i * 10_000)
        expect(isWedged(held, i * 10_000, 20)).toBe(false)
      }
    }),
  )
})
