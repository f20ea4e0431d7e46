import { ip4, network, parseIp, startsWith, type Ip } from './ip.ts'

/** Where webhooks may go depends on this much of the outside. */
export interface AddressRules {
  readonly allowLoopback: boolean
  /** Ports of our own parts: the API, Temporal, Temporal's page. */
  readonly ownPorts: readonly number[]
  /** Addresses of this machine. */
  readonly ownAddresses: readonly string[]
}

export type AddressVerdict = { readonly allowed: true } | { readonly allowed: false; readonly why: string }

const allowed: AddressVerdict = { allowed: true }
const deny = (why: string): AddressVerdict => ({ allowed: false, why })

const loopback = [network('127.0.0.0/8'), network('::1/128')]
const lan = network('fc00::/7')
const global6 = network('2000::/3')

/** The first that fits decides. Metadata services answer everyone on their machine with its credentials, some of them at addresses that look like a LAN's. */
const denied: readonly (readonly [why: string, ...networks: ((ip: Ip) => boolean)[]])[] = [
  ['metadata service', ...['169.254.169.254/32', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32', 'fd00:ec2::254/128'].map(network)],
  ['unspecified', network('0.0.0.0/8'), network('::/128')],
  ['link-local', network('169.254.0.0/16'), network('fe80::/10')],
  ['multicast', network('224.0.0.0/4'), network('ff00::/8')],
  ['broadcast', network('255.255.255.255/32')],
  ['reserved', network('240.0.0.0/4'), network('192.0.0.0/24')],
  ['IPv4 behind NAT64', network('64:ff9b::/96'), network('64:ff9b:1::/48')],
  ['IPv4 behind 6to4', network('2002::/16'), network('192.88.99.0/24')],
  ['IPv4 behind Teredo', network('2001::/32')],
]

/**
 * Whether webhooks may be sent to this address and port. A LAN's addresses are fine, since that is where receivers live; denied is what is nobody's business there:
 * this machine (unless allowed), its own ports in any case, link-local and metadata, multicast, and IPv4 that hides in IPv6.
 */
export function judgeAddress(address: string, port: number, rules: AddressRules): AddressVerdict {
  const parsed = parseIp(address)
  if (parsed === null) return deny('not an IP address')
  const ip = embedded(parsed) ?? parsed
  const isLoopback = loopback.some((fits) => fits(ip))
  if (rules.ownPorts.includes(port) && (isLoopback || isOwn(ip, rules))) return deny('a port of Spark Control itself')
  if (isLoopback) return rules.allowLoopback ? allowed : deny('loopback')
  for (const [why, ...networks] of denied) if (networks.some((fits) => fits(ip))) return deny(why)
  // Of IPv6 only what is in use: the rest is reserved, deprecated or somebody's tunnel.
  return ip.version === 6 && !global6(ip) && !lan(ip) ? deny('reserved') : allowed
}

/** `::ffff:1.2.3.4` and `::1.2.3.4` are the IPv4 address in them; `::` and `::1` are themselves. */
function embedded(ip: Ip): Ip | null {
  if (ip.version === 4) return null
  const mapped = startsWith(ip, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96)
  const compatible = startsWith(ip, [], 96) && !startsWith(ip, [], 120)
  return mapped || compatible ? ip4(ip.bytes.slice(12)) : null
}

const isOwn = (ip: Ip, { ownAddresses }: AddressRules): boolean =>
  ownAddresses.some((own) => {
    const parsed = parseIp(own)
    return parsed !== null && parsed.version === ip.version && startsWith(ip, parsed.bytes, 128)
  })
