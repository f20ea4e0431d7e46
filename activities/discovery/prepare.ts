import type { Prepared, PrepareHost } from '../../domain/discovery/visit.ts'
import { quotePath, shellScript } from '../../domain/shell.ts'
import { openChannel } from '../ssh/channel.ts'
import { usualTiming, type SshTiming } from '../ssh/connect.ts'
import { HostError } from '../ssh/host-error.ts'
import { logIn } from '../ssh/log-in.ts'
import { strangerAt } from './visitor.ts'

const make = `
mkdir -p "$1" 2>/dev/null
[ -d "$1" ] || { sudo -n mkdir -p "$1" && sudo -n chown "$(id -u):$(id -g)" "$1"; } 2>/dev/null
[ -d "$1" ] || exit 3
[ -w "$1" ] || exit 4
`
const limit_s = 15

/** Makes the place of the fence (ARBITER.md F1), without asking anyone for a password. Safe to repeat. Never throws for what a host answers. */
export async function prepare(host: PrepareHost, keysDir: string, timing: SshTiming = usualTiming): Promise<Prepared> {
  const { name, state_dir: dir } = host
  try {
    const client = await logIn(strangerAt(host), keysDir, timing)
    try {
      const command = `timeout -k 1 ${limit_s} ${shellScript(make, 'spark-prepare', quotePath(dir))}`
      const exit = await openChannel(client, command, { listen_s: limit_s + 5 }).exit
      if (exit.kind === 'exited' && exit.code === 0) return { name, ready: true, message: `the fence has its place in ${dir}` }
      return { name, ready: false, message: `${dir} could not be made on it: run \`npm run trust -- ${name}\`, which asks for sudo` }
    } finally {
      client.end()
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return { name, ready: false, message: error.message }
  }
}
