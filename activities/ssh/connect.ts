import ssh2 from 'ssh2'
import type { Client, ServerHostKeyAlgorithm } from 'ssh2'

/** When we give up on a peer. Milliseconds. */
export interface SshTiming {
  /** From the start of a connection until we are logged in. */
  readonly readyMs: number
  readonly keepaliveMs: number
  /** After so many unanswered keepalives the connection counts as lost. */
  readonly keepaliveCount: number
}

export const usualTiming: SshTiming = { readyMs: 10_000, keepaliveMs: 10_000, keepaliveCount: 3 }

export interface Door {
  readonly address: string
  readonly port: number
  readonly user: string
  /** Null: only look at the host key, never log in. */
  readonly privateKey: string | null
  /** Judges the host key. Only exactly `true` accepts it: ssh2 itself would connect on a promise, null, 0 or an Error. */
  readonly accepts: (key: Buffer) => boolean
  readonly hostKeyAlgorithms: readonly string[]
  readonly timing: SshTiming
}

/** Why there is no connection. `refused`: our key was not taken. `denied`: we did not accept the host's key. */
export class NoConnection extends Error {
  override readonly name = 'NoConnection'
  readonly kind: 'unreachable' | 'refused' | 'denied'

  constructor(kind: NoConnection['kind'], reason: string) {
    super(reason)
    this.kind = kind
  }
}

/**
 * The only way to an SSH connection in this program. Resolves when logged in, and the caller owns the client from then on (`end`, or `destroy`).
 * Throws NoConnection, at the latest after `timing.readyMs`; nothing is left open then.
 */
export function connect(door: Door): Promise<Client> {
  const client = new ssh2.Client()
  return new Promise((resolve, reject) => {
    let denied = false
    const fail = (error: NoConnection): void => {
      reject(error)
      client.destroy()
    }
    client.on('error', (error: Error & { level?: string }) => {
      if (denied) fail(new NoConnection('denied', 'the host key was not accepted'))
      else if (error.level === 'client-authentication') fail(new NoConnection('refused', `${door.user} may not log in with our key`))
      else fail(new NoConnection('unreachable', reasonOf(error)))
    })
    client.on('close', () => fail(new NoConnection('unreachable', 'the connection was closed'))) // after `ready` both do nothing more
    client.on('connect', () => client.setNoDelay(true)) // without it each command waits about 170 ms for delayed acknowledgements
    client.on('ready', () => resolve(client))
    client.connect({
      host: door.address,
      port: door.port,
      username: door.user,
      ...(door.privateKey === null ? { authHandler: [] } : { privateKey: door.privateKey, authHandler: ['publickey'] }),
      algorithms: { serverHostKey: [...door.hostKeyAlgorithms] as ServerHostKeyAlgorithm[] }, // names that ssh2 knows: domain/host-key.ts lists them
      hostVerifier: (key: Buffer): boolean => {
        denied = !strictly(door.accepts, key)
        return !denied
      },
      readyTimeout: door.timing.readyMs,
      keepaliveInterval: door.timing.keepaliveMs,
      keepaliveCountMax: door.timing.keepaliveCount,
    })
  })
}

function strictly(accepts: (key: Buffer) => unknown, key: Buffer): boolean {
  try {
    return accepts(key) === true
  } catch {
    return false
  }
}

function reasonOf(error: Error & { errors?: unknown }): string {
  // a name with several addresses fails with an AggregateError that has no message of its own
  const first: unknown = Array.isArray(error.errors) ? error.errors[0] : undefined
  const message = error.message !== '' ? error.message : first instanceof Error ? first.message : 'no connection'
  return message.toLowerCase().startsWith('timed out') ? 'no answer in time' : message
}
