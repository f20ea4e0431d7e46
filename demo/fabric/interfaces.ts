import type { Tool } from '../door.ts'
import type { Machine } from '../machine.ts'

/** The two faces of the one ConnectX-7 port with a cable in it; the other port has none. */
const faces = [
  { device: 'rocep1s0f0', interface: 'enp1s0f0np0', plugged: false },
  { device: 'rocep1s0f1', interface: 'enp1s0f1np1', plugged: true },
  { device: 'roceP2p1s0f0', interface: 'enP2p1s0f0np0', plugged: false },
  { device: 'roceP2p1s0f1', interface: 'enP2p1s0f1np1', plugged: true },
] as const

/** What the launcher's `.env` names. */
export const fabricInterfaces = { ethernet: 'enp1s0f1np1', infiniband: 'rocep1s0f1,roceP2p1s0f1' } as const

const isJoined = ({ fabric, self }: Machine): boolean => fabric.neighboursOf(self).length > 0

/** `ibdev2netdev`: two faces are up where there is another Spark on the link. */
export function ibdev2netdev(machine: Machine): Tool {
  return (call) => {
    for (const face of faces)
      call.out(`${face.device} port 1 ==> ${face.interface} (${face.plugged && isJoined(machine) && machine.self.linked ? 'Up' : 'Down'})\n`)
    return Promise.resolve(0)
  }
}

interface Link {
  readonly index: number
  readonly name: string
  readonly up: boolean
  readonly address: string | null
  readonly prefix: number
}

/** `ip addr` and `ip neigh`, as text, one line each (`-o`), brief (`-br`) or JSON (`-j`). Other objects: an empty answer. */
export function ip(machine: Machine): Tool {
  return (call) => {
    const options = call.args.filter((arg) => arg.startsWith('-')).join(' ')
    const words = call.args.filter((arg) => !arg.startsWith('-'))
    const at = words.indexOf('dev')
    const device = at >= 0 ? words[at + 1] : words.at(-1)?.match(/^(lo|en\w+)$/)?.[0]
    const object = words[0] ?? ''
    if (/^n(ei|$)/.test(object)) {
      for (const { fabricAddress } of machine.fabric.neighboursOf(machine.self))
        if (device === undefined || device === fabricInterfaces.ethernet)
          call.out(`${fabricAddress} dev ${fabricInterfaces.ethernet} lladdr 4c:bb:47:00:00:${fabricAddress.split('.').at(-1) ?? '00'} REACHABLE\n`)
      return Promise.resolve(0)
    }
    if (!/^a|^l/.test(object)) return Promise.resolve(0)
    const links = linksOf(machine).filter(({ name }) => device === undefined || device === name)
    if (device !== undefined && links.length === 0) {
      call.err(`Device "${device}" does not exist.\n`)
      return Promise.resolve(1)
    }
    call.out(options.includes('-j') ? `${JSON.stringify(links.map(asJson))}\n` : links.map((link) => asText(link, options)).join(''))
    return Promise.resolve(0)
  }
}

function linksOf(machine: Machine): Link[] {
  const joined = isJoined(machine)
  const last = machine.self.fabricAddress.split('.').at(-1) ?? '11'
  return [
    { index: 1, name: 'lo', up: true, address: '127.0.0.1', prefix: 8 },
    { index: 2, name: 'enP7s7', up: true, address: `192.168.1.${last}`, prefix: 24 },
    ...faces.map((face, at) => ({
      index: 3 + at,
      name: face.interface,
      up: face.plugged && joined,
      address: face.interface === fabricInterfaces.ethernet && joined ? machine.self.fabricAddress : null,
      prefix: 24,
    })),
  ]
}

function asJson({ index, name, up, address, prefix }: Link): object {
  const addresses =
    address === null ? [] : [{ family: 'inet', local: address, prefixlen: prefix, scope: name === 'lo' ? 'host' : 'global', label: name }]
  return { ifindex: index, ifname: name, operstate: up ? 'UP' : 'DOWN', addr_info: addresses }
}

function asText({ index, name, up, address, prefix }: Link, options: string): string {
  const state = up ? 'UP' : 'DOWN'
  const inet = address === null ? '' : `inet ${address}/${String(prefix)} scope ${name === 'lo' ? 'host' : 'global'} ${name}`
  if (options.includes('-br')) return `${name.padEnd(16)} ${state.padEnd(14)} ${address === null ? '' : `${address}/${String(prefix)}`}\n`
  if (/-o/.test(options)) return inet === '' ? '' : `${String(index)}: ${name}    ${inet}\\       valid_lft forever preferred_lft forever\n`
  return `${String(index)}: ${name}: <BROADCAST,MULTICAST,UP> mtu 1500 qdisc mq state ${state}\n${inet === '' ? '' : `    ${inet}\n       valid_lft forever preferred_lft forever\n`}`
}
