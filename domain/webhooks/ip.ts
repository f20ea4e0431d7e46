/** An IP address as its 4 or 16 bytes, so that every way to write it is the same. */
export type Ip = { readonly version: 4 | 6; readonly bytes: readonly number[] }

/** Reads an address as resolvers and `URL` write them. Null for anything else, also for `127.1`, `0x7f.0.0.1` and the like: `URL` has rewritten those before. */
export function parseIp(text: string): Ip | null {
  const plain = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  const bytes = plain.includes(':') ? bytesOf6(plain) : bytesOf4(plain)
  return bytes === null ? null : { version: bytes.length === 4 ? 4 : 6, bytes }
}

export const ip4 = (bytes: readonly number[]): Ip => ({ version: 4, bytes: bytes.slice(0, 4) })

/** Whether the address begins with the first `bits` of `prefix`. */
export const startsWith = (ip: Ip, prefix: readonly number[], bits: number): boolean =>
  ip.bytes.every((byte, i) => {
    const inside = Math.max(0, Math.min(8, bits - i * 8))
    const mask = (0xff << (8 - inside)) & 0xff
    return (byte & mask) === ((prefix[i] ?? 0) & mask)
  })

/** `10.0.0.0/8`, `fe80::/10`. Throws for what is none: these are written in the program. */
export function network(text: string): (ip: Ip) => boolean {
  const [address = '', bits] = text.split('/')
  const parsed = parseIp(address)
  if (parsed === null || bits === undefined) throw new Error(`${text} is no network`)
  return (ip) => ip.version === parsed.version && startsWith(ip, parsed.bytes, Number(bits))
}

function bytesOf4(text: string): number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return null
  return parts.map(Number)
}

function bytesOf6(text: string): number[] | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1))
  if (head === null || tail === null || head === undefined) return null
  if (tail === undefined) return head.length === 16 ? head : null
  const gap = 16 - head.length - tail.length
  return gap < 2 ? null : [...head, ...Array<number>(gap).fill(0), ...tail]
}

/** `fe80:0:1.2.3.4` → its bytes; only the very last group of an address may be written as IPv4. */
function groupsOf(text: string, isLast: boolean): number[] | null {
  if (text === '') return []
  const groups = text.split(':')
  const bytes: number[] = []
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(group)) bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff)
    else {
      const inner = isLast && i === groups.length - 1 ? bytesOf4(group) : null
      if (inner === null) return null
      bytes.push(...inner)
    }
  }
  return bytes
}
