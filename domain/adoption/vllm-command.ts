import { shellWords } from '../shell-words.ts'
import type { Argv } from '../names.ts'

/** The arguments of vLLM's server in a process's command line, the model's word or flag included; null for any other process. */
export function serverArguments(argv: Argv): Argv | null {
  if (isShell(argv)) return inShellText(argv)
  const serve = argv.findIndex((word, i) => word === 'serve' && nameOf(argv[i - 1]) === 'vllm')
  if (serve !== -1) return argv.slice(serve + 1)
  const module = argv.findIndex((word) => word === 'vllm.entrypoints.openai.api_server')
  return module === -1 ? null : argv.slice(module + 1)
}

/** The server among the processes of a container. A shell around it is asked last: its text may not be as it was typed. */
export const serverAmong = (commands: readonly Argv[]): Argv | null =>
  [...commands.filter((argv) => !isShell(argv)), ...commands.filter(isShell)].map(serverArguments).find((argv) => argv !== null) ?? null

/** True for a container that only waits, with its engine executed into it: the shape of launch-cluster.sh. */
export const onlyWaits = (argv: Argv): boolean => nameOf(argv[0]) === 'earlyoom' || (nameOf(argv[0]) === 'sleep' && argv[1] === 'infinity')

/**
 * `bash -c 'vllm serve … >> /proc/1/fd/1 2>&1'`: only a plain command is read; one with variables or several commands is nobody's to guess. `docker top`
 * shows its text in several words, the host's own list in one.
 */
function inShellText([, flag, ...text]: Argv): Argv | null {
  if (!/^-[a-z]*c$/.test(flag ?? '')) return null
  const command = text
    .join(' ')
    .replace(/\s*(?:>>?\s*\S+|2>&1|&>\s*\S+)\s*/g, ' ')
    .replace(/^\s*exec\s+/, '')
  return /[;&|`$<>\n]/.test(command) ? null : serverArguments(shellWords(command))
}

const isShell = (argv: Argv): boolean => /^(ba|da|z)?sh$/.test(nameOf(argv[0]))
const nameOf = (word: string | undefined): string => word?.slice(word.lastIndexOf('/') + 1) ?? ''
