import type { FoundPeer } from './discovery.ts'

/** An address of a host and the interface that has it. */
export interface OwnAddress {
  readonly interface: string
  readonly address: string
  readonly bits: number
}

/** `ip -o -4 addr show`. */
export function readAddresses(text: string): OwnAddress[] {
  return text.split('\n').flatMap((line) => {
    const [, name, address, bits] = /^\d+:\s+(\S+)\s+inet (\d+\.\d+\.\d+\.\d+)\/(\d+)/.exec(line) ?? []
    return name === undefined || address === undefined ? [] : [{ interface: name, address, bits: Number(bits) }]
  })
}

/** A port that something listens on; `loopback` where only the host itself can reach it. */
export interface Listener {
  readonly port: number
  readonly loopback: boolean
}

/** `ss -ltnH`, one entry a port. */
export function readListeners(text: string): Listener[] {
  const open = new Map<number, boolean>()
  for (const line of text.split('\n')) {
    const [, address, port] = /^\S+\s+\d+\s+\d+\s+(\S+):(\d{1,5})\s/.exec(`${line} `) ?? []
    if (address === undefined) continue
    const loopback = /^(127\.|\[?::1\]?$|\[::ffff:127\.)/.test(address)
    open.set(Number(port), (open.get(Number(port)) ?? true) && loopback)
  }
  return [...open].map(([port, loopback]) => ({ port, loopback })).sort((a, b) => a.port - b.port)
}

/** The fast link: what `.env` names, else the interfaces that `ibdev2netdev` says are up. */
export function fabricOf(
  env: Readonly<Record<string, string>>,
  ibdev: string,
  addresses: readonly OwnAddress[],
): { address: string | null; eth_if: string | null; ib_if: string | null } {
  const up = [...ibdev.matchAll(/^(\S+) port \d+ ==> (\S+) \(Up\)/gm)].map(([, ib = '', eth = '']) => ({ ib, eth }))
  const among = (names: readonly string[]): OwnAddress | undefined => addresses.find((one) => names.includes(one.interface))
  const eth = env['ETH_IF'] ?? among(up.map((pair) => pair.eth))?.interface ?? up[0]?.eth ?? null
  const own = addresses.map((one) => one.address)
  const inCluster = (env['CLUSTER_NODES'] ?? '').split(/[\s,]+/).find((node) => own.includes(node))
  const address = env['LOCAL_IP'] ?? inCluster ?? (eth === null ? null : (among([eth])?.address ?? null))
  return { address, eth_if: eth, ib_if: env['IB_IF'] ?? (up.length === 0 ? null : up.map((pair) => pair.ib).join(',')) }
}

interface Around {
  readonly env: Readonly<Record<string, string>>
  readonly addresses: readonly OwnAddress[]
  readonly neighbours: string
  readonly fabric: { readonly eth_if: string | null; readonly address: string | null }
  /** What other Sparks said when the first one asked them, by the address that it knows: name, user and their own addresses. */
  readonly asked: ReadonlyMap<string, string>
  /** Where we reach the first one. */
  readonly reachedAt: string
}

const address4 = /^\d{1,3}(\.\d{1,3}){3}$/

/** Other Sparks: those that `.env` names, and those that the first one sees on its fast link. */
export function peersOf({ env, addresses, neighbours, fabric, asked, reachedAt }: Around): FoundPeer[] {
  const own = new Set([...addresses.map((one) => one.address), reachedAt, 'localhost'])
  const named = ['CLUSTER_NODES', 'COPY_HOSTS'].flatMap((name) =>
    (env[name] ?? '')
      .split(/[\s,]+/)
      .filter((node) => /^[A-Za-z0-9][A-Za-z0-9.:-]{0,254}$/.test(node))
      .map((node) => ({ node, because: `${name} in the .env of spark-vllm-docker` })),
  )
  const seen = neighbours.split('\n').flatMap((line) => {
    const [, node, device, state] = /^(\S+) dev (\S+) .*?(\S+)\s*$/.exec(line) ?? []
    const useful =
      node !== undefined && device !== undefined && device === fabric.eth_if && address4.test(node) && state !== 'FAILED' && state !== 'INCOMPLETE'
    return useful ? [{ node, because: `a neighbour on the fast link ${device}` }] : []
  })
  const peers = new Map<string, FoundPeer>()
  for (const { node, because } of [...named, ...seen]) {
    if (own.has(node) || peers.has(node)) continue
    peers.set(node, peerOf(node, because, asked.get(node) ?? '', addresses, reachedAt))
  }
  // two links of the same machine are one peer
  const once = [...peers.values()].filter(
    (peer, i, all) => peer.hostname === null || all.findIndex((other) => other.hostname === peer.hostname) === i,
  )
  return once.slice(0, 8)
}

function peerOf(node: string, because: string, said: string, addresses: readonly OwnAddress[], reachedAt: string): FoundPeer {
  const [hostname, user, ...rest] = said.split('\n').map((line) => line.trim())
  const theirs = readAddresses(rest.join('\n'))
  const ours = addresses.find((one) => one.address === reachedAt)
  const beside = ours === undefined ? undefined : theirs.find((one) => one.interface === ours.interface || sameNet(one.address, ours))
  return {
    address: beside?.address ?? node,
    fabric_address: node,
    hostname: hostname === undefined || hostname === '' ? null : hostname.slice(0, 100),
    user: user !== undefined && /^[a-z_][a-z0-9_.-]{0,31}$/i.test(user) ? user : null,
    because,
  }
}

function sameNet(address: string, net: OwnAddress): boolean {
  const number = (text: string): number => text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const size = 2 ** (32 - net.bits)
  return Math.floor(number(address) / size) === Math.floor(number(net.address) / size)
}
