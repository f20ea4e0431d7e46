import type { Argv } from './names.ts'

/** A word that may not become part of a command line. `word` shows it with its control characters made visible. */
export class UnquotableWord extends Error {
  override readonly name = 'UnquotableWord'
  readonly word: string

  constructor(word: string, reason: string) {
    const shown = JSON.stringify(word.length > 120 ? `${word.slice(0, 120)}…` : word)
    super(`the word ${shown} ${reason}`)
    this.word = shown
  }
}

/** The longest command line: Linux takes one argument of 128 kB, and the host's login shell gets ours as one. */
const maxCommandLength = 100_000

/** One word of data for a POSIX shell. Throws UnquotableWord for control characters (NUL and newline too) and for what is not Unicode. */
export function quoteWord(word: string): string {
  if (/\p{Cc}/u.test(word)) throw new UnquotableWord(word, 'has a control character')
  if (!word.isWellFormed()) throw new UnquotableWord(word, 'is not well-formed Unicode')
  return singleQuoted(word)
}

/** A path on the host: a leading `~/` is the home directory of the SSH user, which only the host knows. */
export function quotePath(path: string): string {
  if (path === '~') return '"$HOME"'
  return path.startsWith('~/') ? `"$HOME"/${quoteWord(path.slice(2))}` : quoteWord(path)
}

/**
 * An argv as one line of a POSIX shell. This is the only place where words become shell text.
 * The program (the first word) may start with `~/`; all others are taken as they are.
 */
export function quote(argv: Argv): string {
  const [program, ...words] = argv
  if (program === undefined || program === '') throw new UnquotableWord('', 'is no program')
  return bounded([quotePath(program), ...words.map(quoteWord)].join(' '))
}

/**
 * An argv as a person would type it: only what a shell would read otherwise is quoted, and the program, also behind `env NAME=value`, may start with `~/`.
 * For eyes and for copying; what is run goes through `quote`.
 */
export function typed(argv: Argv): string {
  const program = argv[0] === 'env' ? argv.findIndex((word, i) => i > 0 && !/^\w+=/.test(word)) : 0
  return argv.map((word, i) => ((i === program ? /^(~\/)?[\w./:=@%+,-]+$/ : /^[\w./:=@%+,-]+$/).test(word) ? word : quoteWord(word))).join(' ')
}

/**
 * `sh -c SCRIPT name words…`: one of our own fixed scripts with its arguments, which are already shell words.
 * The script is our text and may have newlines; no data is ever put into it.
 */
export const shellScript = (script: string, name: string, ...shellWords: readonly string[]): string =>
  bounded(['sh', '-c', singleQuoted(script), singleQuoted(name), ...shellWords].join(' '))

/** Text of ours as one shell word, newlines included. Data goes through `quoteWord`. */
export const singleQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function bounded(line: string): string {
  if (line.length > maxCommandLength) throw new UnquotableWord(line, `makes a command of ${line.length} characters, more than ${maxCommandLength}`)
  return line
}
