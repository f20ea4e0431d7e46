/** A refusal as the docker CLI words it: text for stderr, and the exit code. */
export class DockerError extends Error {
  readonly code: number

  constructor(message: string, code = 1) {
    super(message)
    this.code = code
  }
}

/** What the daemon refuses, as the CLI passes it on. */
export function daemonError(message: string, code = 1): DockerError {
  return new DockerError(`Error response from daemon: ${message}`, code)
}

interface FlagRow {
  /** The letter of `-x`. */
  readonly short?: string
  /** Takes no value (`--detach`, or `--detach=false`). */
  readonly bare?: true
}

/** The flags of one subcommand by long name, without dashes. */
export type FlagTable = Readonly<Record<string, FlagRow>>

export interface Parsed {
  readonly words: string[]
  all(name: string): string[]
  last(name: string): string | undefined
  has(name: string): boolean
}

/**
 * Reads docker's flags: `--name x`, `--name=x`, `-n x`, `-nx`, `-it`, `--`. With `stopAtWord`, everything from the first word on belongs to
 * the container's command. Throws DockerError 125 for what is not in the table, as docker does.
 */
export function parseFlags(command: string, table: FlagTable, args: readonly string[], stopAtWord = false): Parsed {
  const found = new Map<string, string[]>()
  const words: string[] = []
  const queue = [...args]
  const refuse = (text: string): DockerError => new DockerError(`${text}\nSee 'docker ${command} --help'.`, 125)
  const add = (name: string, value: string): void => void found.set(name, [...(found.get(name) ?? []), value])
  const value = (flag: string): string => {
    const next = queue.shift()
    if (next === undefined) throw refuse(`flag needs an argument: ${flag}`)
    return next
  }

  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === '--') {
      words.push(...queue)
      break
    } else if (arg.startsWith('--')) {
      const [name, given] = splitOnce(arg.slice(2), '=')
      const row = table[name]
      if (!row) throw refuse(`unknown flag: --${name}`)
      add(name, given ?? (row.bare ? 'true' : value(`--${name}`)))
    } else if (arg.startsWith('-') && arg.length > 1) {
      readLetters(arg.slice(1))
    } else {
      words.push(arg)
      if (stopAtWord) {
        words.push(...queue)
        break
      }
    }
  }
  return {
    words,
    all: (name) => found.get(name) ?? [],
    last: (name) => found.get(name)?.at(-1),
    has: (name) => (found.get(name)?.at(-1) ?? 'false') !== 'false',
  }

  function readLetters(letters: string): void {
    for (let at = 0; at < letters.length; at += 1) {
      const letter = letters.charAt(at)
      const entry = Object.entries(table).find(([, row]) => row.short === letter)
      if (!entry) throw refuse(`unknown shorthand flag: '${letter}' in -${letters}`)
      const [name, row] = entry
      if (row.bare) {
        add(name, 'true')
        continue
      }
      const rest = letters.slice(at + 1).replace(/^=/, '')
      add(name, rest === '' ? value(`'${letter}' in -${letters}`) : rest)
      return
    }
  }
}

/** `a=b=c` → `['a', 'b=c']`; without the mark the second is undefined. */
export function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)]
}
