import { join } from 'node:path'
import { discoverHost } from '../../domain/discovery/discover-host.ts'
import { readHost } from '../../domain/discovery/host-reading.ts'
import { discoveryCommand, discoveryLimit_s } from '../../domain/discovery/script.ts'
import type { DiscoverBody, HostKeyShown, VisitEnd, VisitStep } from '../../domain/discovery/visit.ts'
import { openChannel } from '../ssh/channel.ts'
import { ensureClientKey } from '../ssh/client-key.ts'
import { NoConnection, usualTiming, type SshTiming } from '../ssh/connect.ts'
import { HostError } from '../ssh/host-error.ts'
import { logIn } from '../ssh/log-in.ts'
import { fingerprint, hostKeyOf, isPinned, pinKey, readPins } from '../ssh/pins.ts'
import { shownKey } from '../ssh/shown-key.ts'
import { askPorts } from './ports.ts'
import { strangerAt } from './visitor.ts'

export interface Visit {
  readonly keysDir: string
  readonly signal?: AbortSignal | undefined
  readonly say?: (step: VisitStep) => void
  readonly timing?: SshTiming
}

/**
 * One address in, all that is there out. Without a pinned host key it ends by showing it; with `fingerprint` just that key is pinned. From then on it logs in with our
 * key, which is made where it is missing, and looks; nothing on the host is changed. Throws what the key files throw; a host that does not play along is an answer.
 */
export async function visit(body: DiscoverBody, { keysDir, signal, say = () => undefined, timing = usualTiming }: Visit): Promise<VisitEnd> {
  say('host_key')
  const key = await trusted(body, keysDir, timing)
  if (key !== null) return key
  say('login')
  const host = strangerAt(body)
  try {
    const client = await logIn(host, keysDir, timing)
    const abort = (): void => void client.destroy()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      say('look')
      const before = Date.now()
      const { exit } = openChannel(client, discoveryCommand(), { listen_s: discoveryLimit_s + 5, signal })
      const { stdout } = await exit
      const reading = readHost(stdout)
      if (reading.home === '') return { state: 'unreachable', message: `${body.address} let us in and ran no command`, advice: noShell }
      say('ports')
      const answers = await askPorts(body.address, reading.ask, signal)
      const lookedAt = { address: body.address, port: body.port, user: body.user, nowMs: before }
      return { state: 'found', discovery: discoverHost(reading, answers, lookedAt) }
    } finally {
      signal?.removeEventListener('abort', abort)
      client.end()
    }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    if (error.code === 'ssh_refused') return await loginRefused(body, keysDir, error.message)
    return { state: 'unreachable', message: error.message, advice: unreachable }
  }
}

const unreachable = 'Is it on, and is this its address? Try: ssh there by hand. Its sshd may listen on another port.'
const noShell = 'Its user needs a login shell that takes commands (look at /etc/passwd, and at ForceCommand in its sshd_config).'

/** Null once its key is pinned. */
async function trusted(body: DiscoverBody, keysDir: string, timing: SshTiming): Promise<VisitEnd | null> {
  const pins = await readPins(keysDir, body)
  let shown: Buffer
  try {
    shown = await shownKey(body, pins, timing)
  } catch (error) {
    if (!(error instanceof NoConnection)) throw error
    return { state: 'unreachable', message: `${body.address} port ${body.port} shows no SSH host key: ${error.message}`, advice: unreachable }
  }
  if (isPinned(pins, shown)) return null
  const print = fingerprint(shown)
  const ask = (message: string): VisitEnd => ({
    state: 'confirm_host_key',
    message,
    host_key: keyShown(
      shown,
      pins.pinned.map(({ base64 }) => base64),
    ),
  })
  if (body.fingerprint === undefined)
    return ask(
      pins.pinned.length === 0
        ? 'Compare the fingerprint at the host itself, then confirm it. Nothing was done there yet.'
        : 'ANOTHER KEY IS PINNED. If the host was not set up anew, someone may be in between. Nothing was done there.',
    )
  if (body.fingerprint !== print) return ask('It shows another key than the one that was confirmed. Nothing was done there.')
  await pinKey(keysDir, body, shown)
  if (isPinned(await readPins(keysDir, body), shown)) return null
  return {
    state: 'unreachable',
    message: `known_hosts in ${keysDir} says that this key is revoked`,
    advice: 'It stays refused until that line is taken out by hand.',
  }
}

function keyShown(shown: Buffer, pinned: readonly string[]): HostKeyShown {
  const { type } = hostKeyOf(shown)
  const file = /ed25519/.test(type) ? 'ed25519' : /ecdsa/.test(type) ? 'ecdsa' : 'rsa'
  return {
    type,
    fingerprint: fingerprint(shown),
    pinned: pinned.map((base64) => fingerprint(Buffer.from(base64, 'base64'))),
    compare_with: `ssh-keygen -lf /etc/ssh/ssh_host_${file}_key.pub`,
  }
}

async function loginRefused({ address, port, user }: DiscoverBody, keysDir: string, message: string): Promise<VisitEnd> {
  const { publicKey } = await ensureClientKey(keysDir)
  return {
    state: 'login_refused',
    message,
    login: {
      file: `~${user}/.ssh/authorized_keys on ${address}`,
      line: publicKey,
      command: `ssh-copy-id -f -i ${join(keysDir, 'id_ed25519.pub')} -p ${port} ${user}@${address}`,
    },
  }
}
