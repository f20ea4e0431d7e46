import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { Call, Tool } from '../door.ts'
import type { HostDisk } from '../disk.ts'
import type { Pace } from '../pace.ts'
import type { Fabric, FabricHost } from './fabric.ts'

/** `ssh` without a `ConnectTimeout` gives up after Linux's own two minutes, a host without power is known after ARP's three seconds. */
const patience_s = 130
const silence_s = 3

/** Options of `ssh` that take a value. */
const withValue = 'BbcDEeFIiJLlmOopQRSWw'

interface Destination {
  readonly reference: string
  readonly user: string | undefined
  readonly command: string
  readonly noInput: boolean
  readonly connectTimeout_s: number
}

/** Who says `ssh`, and from where. */
export interface SshOrigin {
  readonly host: FabricHost
  readonly fabric: Fabric
  readonly disk: HostDisk
  readonly pace: Pace
}

/**
 * `ssh` on a demo host: a real SSH connection to the other one's server, with this host's own key. Only hosts of the same fabric can be reached.
 * Ends with 255 and OpenSSH's words where there is no connection, or it was lost.
 */
export function sshTool(origin: SshOrigin): Tool {
  return async (call) => {
    const to = destination(call.args)
    if (to === null) {
      call.err('usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-o option] [-p port] destination [command [argument ...]]\n')
      return 255
    }
    const target = origin.fabric.find(to.reference)
    if (!target) {
      call.err(`ssh: Could not resolve hostname ${to.reference}: Name or service not known\n`)
      return 255
    }
    const client = await connect(origin, target, to, call)
    return client === null ? 255 : await run(client, asThere(to.command, origin, target), call, to)
  }
}

function destination(args: readonly string[]): Destination | null {
  const queue = [...args]
  const options: string[] = []
  let noInput = false
  let user: string | undefined
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (!word.startsWith('-')) {
      const [before = '', after] = word.split('@')
      const seconds = Number(options.map((option) => /^ConnectTimeout[= ](\d+)$/i.exec(option)?.[1]).findLast((found) => found !== undefined))
      return {
        reference: after ?? before,
        user: after === undefined ? user : before,
        command: queue.join(' '),
        noInput,
        connectTimeout_s: Number.isNaN(seconds) ? patience_s : seconds,
      }
    }
    if (word.includes('n')) noInput ||= /^-[a-zA-Z]*n/.test(word)
    if (!withValue.includes(word.at(1) ?? '')) continue
    const value = word.length > 2 ? word.slice(2) : queue.shift()
    if (value === undefined) return null
    if (word.startsWith('-o')) options.push(value)
    if (word.startsWith('-l')) user = value
  }
  return null
}

/** The command's text as it would be on the other Spark: this host's places are called by their names, and the home is the other's. */
function asThere(command: string, { disk }: SshOrigin, target: FabricHost): string {
  return disk.asSeen(command).replaceAll(disk.home, target.home)
}

async function connect({ host, disk, pace }: SshOrigin, target: FabricHost, to: Destination, call: Call): Promise<ssh2.Client | null> {
  const refuse = (why: string): null => {
    call.err(`ssh: connect to host ${to.reference} port 22: ${why}\n`)
    return null
  }
  if (!target.linked || !host.linked) {
    await pace.wait(Math.min(silence_s, to.connectTimeout_s), call.gone)
    return refuse(to.connectTimeout_s < silence_s ? 'Connection timed out' : 'No route to host')
  }
  const client = new ssh2.Client()
  const privateKey = readFileSync(join(disk.home, '.ssh', 'id_ed25519'), 'utf8')
  return await new Promise((done) => {
    client.on('ready', () => done(client.setNoDelay(true)))
    client.on('error', (error) => {
      client.destroy()
      if (error.level === 'client-authentication') call.err(`${to.user ?? target.user}@${to.reference}: Permission denied (publickey).\n`)
      else refuse(error.level === 'client-timeout' ? 'Connection timed out during banner exchange' : 'Connection refused')
      done(null)
    })
    client.connect({
      host: '127.0.0.1',
      port: target.sshPort,
      username: to.user ?? target.user,
      privateKey,
      readyTimeout: Math.max(500, pace.ms(to.connectTimeout_s)),
    })
  })
}

async function run(client: ssh2.Client, command: string, call: Call, { noInput, reference }: Destination): Promise<number> {
  return await new Promise((done) => {
    let code: number | null = null
    const end = (): void => {
      client.destroy()
      if (code === null) call.err(`client_loop: send disconnect: Connection to ${reference} closed by remote host.\n`)
      done(code ?? 255)
    }
    call.gone.addEventListener('abort', () => client.destroy())
    client.on('error', () => undefined).on('close', end)
    client.exec(command, (error, channel) => {
      if (error) return end()
      channel.on('data', (data: Buffer) => call.out(data.toString()))
      channel.stderr.on('data', (data: Buffer) => call.err(data.toString()))
      channel.on('exit', (status: number | null) => (code = status ?? 255)).on('close', () => client.end())
      channel.on('error', () => undefined)
      if (noInput) channel.end()
      else call.stdin().pipe(channel)
    })
  })
}
