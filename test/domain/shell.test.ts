import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quote, quotePath, quoteWord, typed, UnquotableWord } from '../../domain/shell.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'spark-shell-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** What a shell makes of a command line, in an empty directory where anything that gets out would leave a file. */
function words(shell: string, line: string): string[] {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', line], { cwd: dir, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(readdirSync(dir)).toEqual([])
  return stdout.split('\0').slice(0, -1)
}
const printed = (all: readonly string[]): string => quote(['printf', '%s\\0', ...all])

const pieces = [
  "'",
  '"',
  '`touch out`',
  '$(touch out)',
  '; touch out;',
  '&& touch out',
  '| tee out',
  '> out',
  '< /etc/passwd',
  '\\',
  "'\\''",
  '$HOME',
  '${IFS}',
]
const odd = [
  '!',
  '*',
  '?',
  '[a-z]',
  '{a,b}',
  '~',
  '~root',
  '#',
  '-',
  '--',
  '-n',
  '-e',
  '=',
  'PATH=.',
  '%s',
  ' ',
  '\u00a0',
  'é',
  '日本',
  '👩‍🚀',
  '\u202e',
  '\ufeff',
  '',
]
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...pieces, ...odd), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((word) => word.replaceAll(/[\p{Cc}\p{Cs}]/gu, '')),
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
)
const refused = (word: string): boolean => /\p{Cc}/u.test(word) || !word.isWellFormed()

test('10,000 hostile words come out of a real shell as they went in, or are refused before', () => {
  let through = 0
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 250, maxLength: 250 }), (batch) => {
      const [bad, good] = [batch.filter(refused), batch.filter((word) => !refused(word))]
      for (const word of bad) expect(() => quoteWord(word)).toThrow(UnquotableWord)
      expect(words('sh', printed(good))).toEqual(good)
      through += good.length
    }),
    { numRuns: 80 },
  )
  expect(through).toBeGreaterThanOrEqual(10_000)
})

test.each(['sh', 'bash'])('quotes, substitutions and leading dashes are only text to %s', (shell) => {
  expect(words(shell, printed([...pieces, ...odd]))).toEqual([...pieces, ...odd])
})

test.each([
  ['NUL', 'a\0b'],
  ['newline', 'a\nb'],
  ['carriage return', 'a\rb'],
  ['escape', '\u001b[31m'],
  ['C1 control', 'a\u0085b'],
])('a word with %s is refused by an error that shows it', (_, word) => {
  expect(() => quote(['echo', word])).toThrow(UnquotableWord)
  expect(() => quote(['echo', word])).toThrow(JSON.stringify(word))
})

test('half a surrogate pair is refused, for it would arrive as another character', () => {
  expect(() => quoteWord('a\ud83d')).toThrow('well-formed')
})

test('the program may lie in the home directory; other words that start with ~/ stay as they are', () => {
  expect(quote(['~/bin/launch it', '~/x'])).toBe(`"$HOME"/'bin/launch it' '~/x'`)
  expect(words('sh', `printf '%s\\0' ${quotePath('~/a $b')} ${quotePath('~')} ${quotePath('/a/~/b')}`)).toEqual([
    `${homedir()}/a $b`,
    homedir(),
    '/a/~/b',
  ])
})

test('there is no command without a program, and none that is longer than a host takes', () => {
  expect(() => quote([])).toThrow(UnquotableWord)
  expect(() => quote([''])).toThrow(UnquotableWord)
  expect(() => quote(['echo', 'x'.repeat(100_000)])).toThrow(UnquotableWord)
})

test('a command for a person to copy still finds a program in the home directory', () => {
  expect(typed(['~/bin/launch.sh', '~/x'])).toBe(`~/bin/launch.sh '~/x'`)
  expect(typed(['env', 'A=b c', 'B=1', '~/bin/launch.sh', '-n'])).toBe(`env 'A=b c' B=1 ~/bin/launch.sh -n`)
  expect(typed(['~/bin/launch it'])).toBe(`'~/bin/launch it'`)
})

test('a command for a person to read is quoted only where a shell would read it otherwise, and means the same', () => {
  expect(typed(['docker', 'stop', '--time', '15', 'vllm_node'])).toBe('docker stop --time 15 vllm_node')
  const words = ['printf', '%s\\n', 'a b', "it's", '$(id)', '~', '', 'x;y', '{"a":1}']
  expect(execFileSync('sh', ['-c', typed(words)], { encoding: 'utf8' })).toBe(
    words
      .slice(2)
      .map((word) => `${word}\n`)
      .join(''),
  )
})
