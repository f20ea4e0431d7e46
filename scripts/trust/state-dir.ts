import type { Hosts } from '../../activities/hosts.ts'
import type { Host } from '../../domain/cluster.ts'
import type { Terminal } from './terminal.ts'

const inHome = `case $1 in "~/"*) dir=$HOME/\${1#"~/"} ;; *) dir=$1 ;; esac`
const make = `${inHome}; mkdir -p "$dir" 2>/dev/null; [ -d "$dir" ] || exit 3; [ -w "$dir" ] || exit 4`
const withSudo = `${inHome}; shift; exec sudo "$@" -- sh -c 'mkdir -p "$1" && chown "$2" "$1"' spark-trust "$dir" "$(id -u):$(id -g)"`

/**
 * Makes the directory of the fence on the host (ARBITER.md F1); true when our SSH user can write there. These are the only commands that change a host
 * without a fence: they make the place where it will be. A password for sudo travels on standard input only.
 */
export async function prepareStateDir(hosts: Hosts, host: Host, terminal: Terminal): Promise<boolean> {
  const asUser = async (): Promise<number | null> => {
    const exit = await hosts.look(host.name, ['sh', '-c', make, 'spark-trust', host.stateDir])
    return exit.kind === 'exited' ? exit.code : null
  }
  const asRoot = async (flags: readonly string[], stdin?: string): Promise<string | null> => {
    const exit = await hosts.look(host.name, ['sh', '-c', withSudo, 'spark-trust', host.stateDir, ...flags], stdin === undefined ? {} : { stdin })
    return exit.kind === 'exited' && exit.code === 0 ? null : (exit.stderr.trim().split('\n').at(-1) ?? '')
  }

  const code = await asUser()
  if (code === 0) return true
  if (code === 4) {
    terminal.say(`${host.stateDir} is there, but ${host.user} may not write into it. Let its owner give the right to all SSH users of this cluster.`)
    return false
  }
  terminal.say(`${host.stateDir} needs root on the host, once: it is made there for ${host.user}.`)
  let trouble = await asRoot(['-n'])
  if (trouble !== null) {
    const password = await terminal.secret(`Password of ${host.user} for sudo on ${host.name}: `)
    if (password !== null) trouble = await asRoot(['-S', '-p', ''], `${password}\n`)
  }
  if (trouble === null && (await asUser()) === 0) return true
  terminal.say(`It could not be made${trouble === null || trouble === '' ? '' : ` (${trouble})`}. Make it by hand:`)
  terminal.say(`  sudo install -d -o ${host.user} ${host.stateDir}`)
  terminal.say(`or name a directory that ${host.user} can write in cluster.yaml, e.g.\n  state_dir: ~/.spark-control`)
  return false
}
