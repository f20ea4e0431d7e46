import { NoConnection, type SshTiming } from '../../activities/ssh/connect.ts'
import { fingerprint, hostKeyOf, isPinned, knownHostsFile, pinKey, readPins } from '../../activities/ssh/pins.ts'
import { shownKey } from '../../activities/ssh/shown-key.ts'
import type { Host } from '../../domain/cluster.ts'
import type { Terminal } from './terminal.ts'

interface Pinning {
  readonly host: Host
  readonly keysDir: string
  /** The person has compared the fingerprint already. */
  readonly yes: boolean
  readonly terminal: Terminal
  readonly timing?: SshTiming | undefined
}

/** Shows the host's key and pins it when the person says yes. True when it is pinned at the end. Throws when known_hosts can't be read or written. */
export async function trustKey({ host, keysDir, yes, terminal, timing }: Pinning): Promise<boolean> {
  const pins = await readPins(keysDir, host)
  let key: Buffer
  try {
    key = await shownKey(host, pins, timing)
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error
    terminal.say(`${host.address} port ${host.port} shows no SSH host key: ${error.message}`)
    return false
  }
  const { type } = hostKeyOf(key)
  terminal.say(`${host.name} (${host.address} port ${host.port}) shows the ${type} key\n  ${fingerprint(key)}`)
  if (isPinned(pins, key)) {
    terminal.say('This key is pinned already.')
    return true
  }
  if (pins.pinned.length > 0) {
    terminal.say('ANOTHER KEY IS PINNED. If the host was not set up anew, someone may be in between. Pinned is')
    for (const pinned of pins.pinned) terminal.say(`  ${fingerprint(Buffer.from(pinned.base64, 'base64'))}`)
  }
  for (const problem of pins.unread) terminal.say(`Not understood: ${problem}`)
  terminal.say('Compare it at the host itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')
  if (!yes && !(await terminal.confirm('Is it the same, and shall it be pinned?'))) {
    terminal.say('Nothing was changed.')
    return false
  }
  await pinKey(keysDir, host, key)
  const revoked = !isPinned(await readPins(keysDir, host), key)
  terminal.say(revoked ? `${knownHostsFile(keysDir)} says that this key is revoked: it stays refused.` : `Pinned in ${knownHostsFile(keysDir)}.`)
  return !revoked
}
