import type { Tool } from './door.ts'
import type { Machine } from './machine.ts'

/** Something that listens on a port of the host. */
export interface Listener {
  readonly port: number
  /** Only on loopback: not to be had from outside. */
  readonly local: boolean
  readonly process: string
  readonly pid: number
}

/** All that listens on this host: its sshd, its engines, and what was told of. */
function listenersOf(machine: Machine): Listener[] {
  const engines = [...machine.engines].flatMap(({ port, pid }) => (port === null ? [] : [{ port, local: false, process: 'vllm', pid }]))
  return [
    { port: machine.self.sshPort, local: false, process: 'sshd', pid: 5_000_000 },
    ...engines,
    ...[...machine.services].map(([port, process]) => ({ port, local: false, process, pid: 5_000_000 })),
  ]
}

/** `ss -tln[p]`, with or without its header. Other kinds of sockets: none. */
export function listeningSockets(machine: Machine): Tool {
  return (call) => {
    const options = call.args.filter((arg) => arg.startsWith('-')).join('')
    const headed = !/H|--no-header/.test(options)
    const named = options.includes('p')
    if (headed) call.out('State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n')
    for (const { port, local, process, pid } of /^(?!.*u)/.test(options) ? listenersOf(machine) : [])
      call.out(
        `LISTEN 0      4096   ${local ? '127.0.0.1' : '0.0.0.0'}:${String(port)}      0.0.0.0:*    ${named ? `users:(("${process}",pid=${String(pid)},fd=3))` : ''}\n`,
      )
    return Promise.resolve(0)
  }
}

/** `/proc/net/tcp`: the listening sockets, in the kernel's own hexadecimal. */
export function procNetTcp(machine: Machine): string {
  const rows = listenersOf(machine).map(({ port, local }, at) => {
    const address = local ? '0100007F' : '00000000'
    const hex = port.toString(16).toUpperCase().padStart(4, '0')
    return `${String(at).padStart(4)}: ${address}:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${String(20_000 + at)} 1 0000000000000000 100 0 0 10 0`
  })
  return ['  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode', ...rows, ''].join('\n')
}
