import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { knownName, pinnedKeys, readKnownHosts, withPinnedKey, type HostKey } from '../../domain/host-key.ts'

export const knownHostsFile = (keysDir: string): string => join(keysDir, 'known_hosts')

/** As OpenSSH prints it: `SHA256:` and base64 without padding. */
export const fingerprint = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** The key of the wire as known_hosts has it. Throws for what is no SSH key. */
export function hostKeyOf(key: Buffer): HostKey {
  const length = key.readUInt32BE(0)
  return { type: key.subarray(4, 4 + length).toString('latin1'), base64: key.toString('base64') }
}

/** What known_hosts says of one host. */
export interface Pins {
  readonly name: string
  readonly pinned: readonly HostKey[]
  readonly revoked: readonly HostKey[]
  /** Why lines of the file were passed over, for the case that the host's own line is among them. */
  readonly unread: readonly string[]
}

/** Reads the pins of a host. A missing file has none. Throws when the file can't be read: that is not the same as no pins. */
export async function readPins(keysDir: string, host: { readonly address: string; readonly port: number }): Promise<Pins> {
  const name = knownName(host.address, host.port)
  const known = readKnownHosts(await knownHostsText(keysDir))
  return { name, ...pinnedKeys(known, name), unread: known.unread.map(({ line, reason }) => `known_hosts line ${line}: ${reason}`) }
}

async function knownHostsText(keysDir: string): Promise<string> {
  try {
    return await readFile(knownHostsFile(keysDir), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

/** Whether this key is pinned and not revoked. Constant time: hashes are compared, and all of them. */
export function isPinned(pins: Pins, shown: Buffer): boolean {
  const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()
  const mine = digest(shown)
  const among = (keys: readonly HostKey[]): boolean =>
    keys.map((key) => timingSafeEqual(digest(Buffer.from(key.base64, 'base64')), mine)).some((same) => same)
  const revoked = among(pins.revoked)
  return among(pins.pinned) && !revoked
}

/** Pins this key for the host and drops those that were pinned before. Atomic: a reader sees the old file or the new one. */
export async function pinKey(keysDir: string, host: { readonly address: string; readonly port: number }, key: Buffer): Promise<void> {
  const text = withPinnedKey(await knownHostsText(keysDir), knownName(host.address, host.port), hostKeyOf(key))
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  const file = knownHostsFile(keysDir)
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, text, { mode: 0o644, flag: 'wx', flush: true })
  await rename(draft, file)
}
