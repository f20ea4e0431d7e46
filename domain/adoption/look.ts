import { factsParts, printParts } from '../host-facts/script.ts'
import type { Argv, ContainerName } from '../names.ts'

/**
 * Shell function `container NAME`: all that adoption needs to know of one container. `docker top` joins the words of a command line; /proc has them apart,
 * and is believed only where both say the same (else it was another process that came to its number).
 */
export const printContainer = `
container() {
  begin "inspect $1"; timeout -k 1 5 docker inspect --type container "$1" 2>/dev/null; finish $?
  begin "image $1"; timeout -k 1 5 docker image inspect "$(timeout -k 1 5 docker inspect --format '{{.Image}}' "$1" 2>/dev/null)" 2>/dev/null; finish $?
  begin "top $1"; top=$(timeout -k 1 5 docker top "$1" -eo pid,args 2>/dev/null); code=$?; printf '%s\\n' "$top"; finish $code
  begin "argv $1"
  printf '%s\\n' "$top" | sed -n 's/^ *\\([0-9][0-9]*\\) .*/\\1/p' | head -n 40 | while read -r pid; do
    [ -r "/proc/$pid/cmdline" ] && { printf '%s\\t' "$pid"; tr '\\n\\0' ' \\t' <"/proc/$pid/cmdline" 2>/dev/null | head -c 32768; echo; }
  done
  finish 0
}
`

const look = `${printParts}${printContainer}
LC_ALL=C
export LC_ALL
container "$1"
printf '\\n#spark end\\n'
`

/** Changes nothing on the host; its answer is for `readContainerLook`. May have secrets in it: it must not be logged or stored. */
export const containerLook = (name: ContainerName): Argv => ['sh', '-c', look, 'spark-adopt', name]

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
  return parts === null ? null : seenContainer(parts, name)
}

/** The same out of the parts of a larger look. */
export function seenContainer(
  parts: ReadonlyMap<string, { readonly text: string; readonly code: number | null }>,
  name: ContainerName,
): SeenContainer {
  const text = (part: string): string => (parts.get(`${part} ${name}`)?.code === 0 ? (parts.get(`${part} ${name}`)?.text ?? '') : '')
  return { inspect: firstOf(text('inspect')), imageEnv: imageEnvOf(text('image')), commands: commandsOf(text('top'), text('argv')) }
}

function commandsOf(top: string, argv: string): Argv[] {
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

function imageEnvOf(text: string): readonly string[] | null {
  const image = firstOf(text)
  const config = typeof image === 'object' && image !== null && 'Config' in image ? image.Config : null
  if (typeof config !== 'object' || config === null) return null
  const env = 'Env' in config ? config.Env : null
  return Array.isArray(env) ? env.filter((entry): entry is string => typeof entry === 'string') : null
}

function firstOf(text: string): unknown {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? (list[0] as unknown) : null // what JSON.parse made
  } catch {
    return null
  }
}
