import { join } from 'node:path'
import { createHosts, HostError } from '../../activities/hosts.ts'
import { ensureClientKey } from '../../activities/ssh/client-key.ts'
import type { SshTiming } from '../../activities/ssh/connect.ts'
import type { Cluster } from '../../domain/cluster.ts'
import { errors } from '../../domain/errors.ts'
import { proveFence } from './fence.ts'
import { trustKey } from './host-key.ts'
import { prepareStateDir } from './state-dir.ts'
import type { Target } from './target.ts'
import type { Terminal } from './terminal.ts'

export interface TrustRequest extends Target {
  readonly cluster: Cluster | null
  readonly keysDir: string
  readonly takeover: boolean
  readonly yes: boolean
  readonly terminal: Terminal
  readonly timing?: SshTiming
}

/** All that a host needs before its first swap: its key pinned, our key let in, a place for the fence. True when nothing is missing; says what is. */
export async function trustHost(request: TrustRequest): Promise<boolean> {
  const { host, inCluster, cluster, keysDir, takeover, terminal, timing } = request
  if (!(await trustKey(request))) return false
  const key = await ensureClientKey(keysDir)
  if (!inCluster || cluster === null) {
    terminal.say('cluster.yaml does not name this host: add it there, then run this again to make the place for its fence.')
    return true
  }
  const hosts = createHosts({ cluster: () => cluster, keysDir, ...(timing === undefined ? {} : { timing }) })
  try {
    await hosts.look(host.name, ['true'])
    if (!(await prepareStateDir(hosts, host, terminal))) return false
    if (!(await proveFence(hosts, host, cluster.clusterId, takeover, terminal))) return false
    terminal.say(`${host.name} is ready.`)
    return true
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    terminal.say(error.message)
    if (error.code !== 'ssh_refused') terminal.say(errors[error.code].advice)
    else {
      terminal.say(`Add this line to ~/.ssh/authorized_keys of ${host.user} on ${host.address}, then run this again:\n\n${key.publicKey}\n`)
      terminal.say(`Where a password is enough: ssh-copy-id -f -i ${join(keysDir, 'id_ed25519.pub')} -p ${host.port} ${host.user}@${host.address}`)
    }
    return false
  } finally {
    await hosts.close()
  }
}
