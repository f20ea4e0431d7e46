import type { Client } from 'ssh2'
import type { Host } from '../../domain/cluster.ts'
import { hostKeyAlgorithms } from '../../domain/host-key.ts'
import { ensureClientKey } from './client-key.ts'
import { connect, NoConnection, type SshTiming } from './connect.ts'
import { HostError } from './host-error.ts'
import { fingerprint, isPinned, readPins, type Pins } from './pins.ts'

/**
 * Logs into a host of the cluster with our key, if and only if it shows a pinned host key.
 * Throws HostError `host_unreachable`, `host_key_unknown`, `host_key_changed` (with the fingerprints) or `ssh_refused`.
 */
export async function logIn(host: Host, keysDir: string, timing: SshTiming): Promise<Client> {
  const pins = await readPins(keysDir, host)
  const ours = await ensureClientKey(keysDir).catch((error: unknown) => {
    throw new HostError('ssh_refused', host.name, error instanceof Error ? error.message : String(error))
  })
  const shown: Buffer[] = []
  try {
    return await connect({
      address: host.address,
      port: host.port,
      user: host.user,
      privateKey: ours.privateKey,
      accepts: (offered) => {
        shown.push(offered)
        return isPinned(pins, offered)
      },
      hostKeyAlgorithms: hostKeyAlgorithms(pins.pinned),
      timing,
    })
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error
    if (error.kind === 'refused') throw new HostError('ssh_refused', host.name, error.message)
    const key = shown.at(-1)
    if (error.kind === 'denied' && key !== undefined) throw deniedKey(host, pins, key)
    throw new HostError('host_unreachable', host.name, error.message)
  }
}

function deniedKey(host: Host, pins: Pins, shown: Buffer): HostError {
  const shows = `it shows ${fingerprint(shown)}`
  if (pins.pinned.length === 0) return new HostError('host_key_unknown', host.name, [shows, ...pins.unread].join('; '))
  const trusted = pins.pinned.map((key) => fingerprint(Buffer.from(key.base64, 'base64'))).join(' or ')
  return new HostError('host_key_changed', host.name, `${shows}; pinned is ${trusted}`)
}
