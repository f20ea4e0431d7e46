import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shellWords } from '../../domain/shell-words.ts'

test.each([
  ['', []],
  ['  a  b\tc ', ['a', 'b', 'c']],
  [`--label 'two words' "and three more"`, ['--label', 'two words', 'and three more']],
  [`a'b'"c"d`, ['abcd']],
  [`''`, ['']],
  [String.raw`a\ b "x\"y" 'x\y'`, ['a b', 'x"y', String.raw`x\y`]],
  ['$(reboot) `id` * ~', ['$(reboot)', '`id`', '*', '~']],
  [`"open`, ['open']],
])('%j is %j', (text, words) => {
  expect(shellWords(text)).toEqual(words)
})

test('words in single quotes come out as they went in, whatever they hold', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      const text = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
      expect(shellWords(text)).toEqual(words)
    }),
  )
})
