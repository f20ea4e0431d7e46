import { expect, test } from 'vitest'
import { afterLook, notLookedYet } from '../../domain/reachability.ts'

/** `+` a look that was answered, `-` one that was not. */
const after = (looks: string): boolean | null => Array.from(looks).reduce((held, look) => afterLook(held, look === '+'), notLookedYet).reachable

test.each([
  ['', null],
  ['+', null],
  ['++', true],
  ['--', null],
  ['---', false],
  ['++--', true],
  ['++---', false],
  ['++--+--', true],
  ['++---+', false],
  ['++---+-+', false],
  ['++---++', true],
  ['+-+-+-', null],
])('after the looks "%s" a host is held reachable: %s', (looks, reachable) => {
  expect(after(looks)).toBe(reachable)
})
