/** A host's public key as known_hosts and sshd write it: type and base64. */
export interface HostKey {
  readonly type: string
  readonly base64: string
}

interface KnownLine {
  readonly names: readonly string[]
  readonly key: HostKey
  readonly revoked: boolean
}

/** A known_hosts file that was read. `unread` says which lines can't be used and why. */
export interface KnownHosts {
  readonly lines: readonly KnownLine[]
  readonly unread: readonly { readonly line: number; readonly reason: string }[]
}

/** The name under which OpenSSH keeps a host: `spark-1` for port 22, else `[spark-1]:2201`. */
export const knownName = (address: string, port: number): string => (port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`)

/** Reads a known_hosts file. Hashed names, patterns and authorities are not understood and said so: none of them ever makes a key trusted. */
export function readKnownHosts(text: string): KnownHosts {
  const lines: KnownLine[] = []
  const unread: { line: number; reason: string }[] = []
  text.split('\n').forEach((row, index) => {
    const read = readLine(row)
    if (typeof read === 'string') unread.push({ line: index + 1, reason: read })
    else if (read !== null) lines.push(read)
  })
  return { lines, unread }
}

function readLine(row: string): KnownLine | string | null {
  const words = row.trim().split(/\s+/)
  if (words[0] === '' || words[0]?.startsWith('#') === true) return null
  const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined
  if (marker !== undefined && marker !== '@revoked') return `${marker} is not supported: name the host with its own key`
  const [names, type, base64] = words
  if (names === undefined || type === undefined || base64 === undefined) return 'it is not `name type key`'
  if (names.startsWith('|')) return 'its name is hashed: write the name plainly'
  if (/[*?!]/.test(names)) return 'its name is a pattern: write the name plainly'
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return 'its key is not base64'
  return { names: names.toLowerCase().split(','), key: { type, base64 }, revoked: marker !== undefined }
}

/** The keys that a host may show, and those that it must never show again. */
export function pinnedKeys(known: KnownHosts, name: string): { readonly pinned: readonly HostKey[]; readonly revoked: readonly HostKey[] } {
  const ofHost = known.lines.filter((line) => line.names.includes(name))
  return {
    pinned: ofHost.filter((line) => !line.revoked).map((line) => line.key),
    revoked: ofHost.filter((line) => line.revoked).map((line) => line.key),
  }
}

/** The file's text with this one key pinned for the host. Other hosts, comments and revoked keys stay as they are. */
export function withPinnedKey(text: string, name: string, key: HostKey): string {
  const kept = text.split('\n').flatMap((row) => {
    const read = readLine(row)
    if (read === null || typeof read === 'string' || read.revoked || !read.names.includes(name)) return [row]
    const others = read.names.filter((other) => other !== name)
    return others.length === 0 ? [] : [`${others.join(',')} ${read.key.type} ${read.key.base64}`]
  })
  while (kept.at(-1)?.trim() === '') kept.pop()
  return [...kept, `${name} ${key.type} ${key.base64}`, ''].join('\n')
}

/**
 * The host key algorithms to offer, those of the pinned keys first: else a host with several keys would show another one than the pinned.
 * Same order as OpenSSH otherwise.
 */
export function hostKeyAlgorithms(pinned: readonly HostKey[]): string[] {
  const all = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256']
  const typeOf = (algorithm: string): string => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  const first = all.filter((algorithm) => pinned.some((key) => key.type === typeOf(algorithm)))
  return [...first, ...all.filter((algorithm) => !first.includes(algorithm))]
}
