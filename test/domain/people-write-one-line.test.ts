import fc from 'fast-check'
import { expect, test } from 'vitest'
import { causeOf } from '../../domain/errors.ts'
import { AcquireBody } from '../../domain/lock.ts'
import { SwapBody } from '../../domain/swap.ts'

const holder = (text: string): string | null => AcquireBody.safeParse({ holder: text }).data?.holder ?? null

test.each([
  ['a control character', 'a\0b'],
  ['an escape sequence', '\u001b[31mred'],
  ['half a surrogate pair', '\ud800'],
  ['a mark that turns the text around', 'nightly\u202Egnp.exe'],
  ['nothing but white space', ' \n\t '],
])('a holder with %s is refused', (_what, text) => {
  expect(holder(text)).toBeNull()
})

test('a reason of several lines becomes one', () => {
  expect(SwapBody.parse({ model: null, reason: ' first\r\n\tsecond\u2028third ' }).reason).toBe('first second third')
})

test.each(['Zoë 🚀', '夜間バッチ', '👩‍👩‍👧', 'مهمة ليلية', '<b>&"\''])('%s is a name like any other', (text) => {
  expect(holder(text)).toBe(text)
})

test('whatever is taken can be written as UTF-8 and read again', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.oneof(fc.string({ unit: 'binary', maxLength: 1 }), fc.constantFrom('\ud83d', '\ude80')), maxLength: 20 }),
      (text) => {
        const taken = holder(text)
        if (taken !== null) expect(Buffer.from(taken).toString()).toBe(taken)
      },
    ),
  )
})

test('a cause that is cut in the middle of a character stays readable', () => {
  const { message, line } = causeOf('launch_failed', `${'x'.repeat(499)}🚀`, `${'x'.repeat(499)}🚀`)
  expect([message, line].map((text) => text?.isWellFormed())).toEqual([true, true])
})
