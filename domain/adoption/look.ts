import { factsParts, printParts } from '../host-facts/script.ts'
import type { Argv, ContainerName } from '../names.ts'

/**
 * Shell function `processes NAME`: the processes of a container. `docker top` joins the words of a command line; /proc has them apart, and is believed only
 * where both say the same (else it was another process that came to its number).
 */
export const printProcesses = `
processes() { begin "top $1"; top=$(timeout -k 1 4 docker top "$1" -eo pid,args 2>/dev/null); code=$?; printf '%s\\n' "$top"; finish $code; words "$1"; }
words() { begin "argv $1"; printf '%s\\n' "$top" | sed -n 's/^ *\\([0-9][0-9]*\\) .*/\\1/p' | head -n 40 | while read -r pid; do one "$pid"; done; finish 0; }
one() { [ -r "/proc/$1/cmdline" ] || return; printf '%s\\t' "$1"; tr '\\n\\0' ' \\t' <"/proc/$1/cmdline" 2>/dev/null | head -c 32768; echo; }
`

const look = `${printParts}${printProcesses}
LC_ALL=C; export LC_ALL
begin inspect; timeout -k 1 5 docker inspect --type container "$1" 2>/dev/null; finish $?
begin image; timeout -k 1 5 docker image inspect "$(timeout -k 1 5 docker inspect --format '{{.Image}}' "$1" 2>/dev/null)" 2>/dev/null; finish $?
processes "$1"
printf '\\n#spark end\\n'
`

/** Each line is a whole command: an argv has no newlines. */
const inOneLine = (script: string): string =>
  script
    .split('\n')
    .filter((line) => line !== '')
    .join('; ')

/** Changes nothing on the host; its answer is for `readContainerLook`. May have secrets in it: it must not be logged or stored. */
export const containerLook = (name: ContainerName): Argv => ['sh', '-c', inOneLine(look), 'spark-adopt', name]

/** One container as a look saw it, nothing of it judged yet. */
export interface SeenContainer {
  /** One element of `docker inspect`; null when it did not answer. */
  readonly inspect: unknown
  /** The environment that its image brings; null when nobody knows. */
  readonly imageEnv: readonly string[] | null
  /** The command lines of its processes, word by word. */
  readonly commands: readonly Argv[]
}

/** Reads what `containerLook` printed. Null when it did not get to its end. */
export function readContainerLook(stdout: string, name: ContainerName): SeenContainer | null {
  const parts = factsParts(stdout)
  if (parts === null) return null
  const text = (part: string): string => (parts.get(part)?.code === 0 ? (parts.get(part)?.text ?? '') : '')
  return {
    inspect: listOf(text('inspect'))[0] ?? null,
    imageEnv: imageEnvOf(listOf(text('image'))[0]),
    commands: commandsOf(text(`top ${name}`), text(`argv ${name}`)),
  }
}

/** Command lines out of what `processes` printed in its two parts. */
export function commandsOf(top: string, argv: string): Argv[] {
  const apart = new Map<string, Argv>()
  for (const line of argv.split('\n')) {
    const [pid = '', ...words] = line.replace(/\t+$/, '').split('\t')
    if (/^\d+$/.test(pid) && words.length > 0) apart.set(pid, words)
  }
  return top.split('\n').flatMap((line) => {
    const [, pid = '', args = ''] = /^\s*(\d+)\s+(.+)$/.exec(line) ?? []
    if (pid === '') return []
    const words = apart.get(pid)
    const joined = words?.join(' ').replace(/\s+/g, ' ').trim()
    return [words !== undefined && joined === args.replace(/\s+/g, ' ').trim() ? words : args.trim().split(/\s+/)]
  })
}

/** The environment in an element of `docker image inspect`. */
export function imageEnvOf(image: unknown): readonly string[] | null {
  const config = typeof image === 'object' && image !== null && 'Config' in image ? image.Config : null
  if (typeof config !== 'object' || config === null) return null
  const env = 'Env' in config ? config.Env : null
  return Array.isArray(env) ? env.filter((entry): entry is string => typeof entry === 'string') : null
}

/** A JSON list as docker's inspections are; an empty one for anything else. */
export function listOf(text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}
