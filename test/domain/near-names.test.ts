import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editDistance, nearNames } from '../../domain/near-names.ts'

const catalog = ['qwen3-30b', 'qwen3-8b', 'gpt-oss-120b', 'gpt-oss-20b', 'llama-70b']

test.each([
  ['qwen3-3b0', ['qwen3-30b', 'qwen3-8b']],
  ['GPT-OSS-120B', ['gpt-oss-120b', 'gpt-oss-20b']],
  ['gpt-oss', ['gpt-oss-120b', 'gpt-oss-20b']],
  ['lama-70b', ['llama-70b']],
])('%s means %j', (wanted, near) => {
  expect(nearNames(wanted, catalog)).toEqual(near)
})

test.each(['mistral', '', 'x'.repeat(200), '$(reboot)'])('nothing is meant by %j', (wanted) => {
  expect(nearNames(wanted, catalog)).toEqual([])
})

test('the distance is zero for the same word only, and the same both ways', () => {
  const word = fc.string({ maxLength: 8 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a))
      expect(editDistance(a, b) === 0).toBe(a === b)
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
    }),
  )
})

test('two neighbours in the wrong order are one slip', () => {
  expect(editDistance('abcd', 'abdc')).toBe(1)
})
