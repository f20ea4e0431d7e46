import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { ensureClientKey, newKeyPair } from '../../activities/ssh/client-key.ts'
import type { Cluster, Host } from '../../domain/cluster.ts'

/** A real SSH server on loopback that runs commands by a real shell, as sshd does, and can be cut, frozen and counted. */
export interface TestServer {
  readonly port: number
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string
  readonly connections: () => number
  readonly channelsAtMost: () => number
  /** Every command line that was asked for. */
  readonly commands: string[]
  /** Everybody who logged in. */
  readonly users: string[]
  cut(): void
  freeze(frozen: boolean): void
  close(): Promise<void>
}

export const newHostKey = (): { private: string; public: string } => newKeyPair('host')

export interface ServerOptions {
  readonly authorized?: string
  readonly hostKey?: { private: string; public: string }
  readonly env?: Record<string, string>
  readonly maxSessions?: number
}

export async function startServer({ authorized, hostKey = newHostKey(), env = {}, maxSessions = 10 }: ServerOptions = {}): Promise<TestServer> {
  const sockets = new Set<Socket>()
  const children = new Set<ChildProcess>()
  const commands: string[] = []
  const users: string[] = []
  let connections = 0
  let channels = 0
  let most = 0
  let frozen = false
  const server = new ssh2.Server({ hostKeys: [hostKey.private] })
  server.on('connection', (client) => {
    connections++
    let sessions = 0
    client.on('error', () => undefined)
    client.on('authentication', (attempt) => {
      const known = attempt.method === 'publickey' && `${attempt.key.algo} ${attempt.key.data.toString('base64')}` === authorized
      if (known && attempt.signature !== undefined) users.push(attempt.username) // without one it only asks whether the key would do
      if (known) attempt.accept()
      else attempt.reject(['publickey'])
    })
    client.on('session', (accept, reject) => {
      if (sessions >= maxSessions) return reject()
      sessions++
      most = Math.max(most, ++channels)
      const session = accept()
      session.once('close', () => {
        sessions--
        channels--
      })
      session.on('signal', (accepted) => accepted())
      session.on('exec', (accepted, _rejected, { command }) => {
        commands.push(command)
        const channel = accepted()
        const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: 'pipe', env: { ...process.env, ...env } })
        children.add(child)
        for (const stream of [channel, child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
        channel.pipe(child.stdin)
        child.stdout.pipe(channel, { end: false })
        child.stderr.pipe(channel.stderr, { end: false })
        child.on('exit', (code, signal) => {
          if (signal !== null) channel.exit(signal.slice(3), false, '')
          else channel.exit(code ?? 255)
        })
        child.on('close', () => {
          children.delete(child)
          channel.end()
        })
        channel.on('close', () => {
          child.stdin.destroy()
          child.stdout.destroy()
          child.stderr.destroy()
        })
      })
    })
  })
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
    if (frozen) socket.pause()
    server.injectSocket(socket)
  })
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: (listener.address() as AddressInfo).port,
    publicKey: hostKey.public.split(' ').slice(0, 2).join(' '),
    connections: () => connections,
    channelsAtMost: () => most,
    commands,
    users,
    cut,
    freeze(on) {
      frozen = on
      for (const socket of sockets) {
        if (on) socket.pause().cork()
        else {
          socket.uncork()
          socket.resume()
        }
      }
    },
    async close() {
      for (const child of children) if (child.pid !== undefined) killGroup(child.pid)
      cut()
      await new Promise((done) => listener.close(done))
    },
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it is gone
  }
}

/** A directory of keys with our own key in it, and the hosts' keys as known_hosts. */
export interface Keys {
  readonly dir: string
  readonly authorized: string
  pin(...servers: { port: number; publicKey: string }[]): Promise<void>
  remove(): Promise<void>
}

export async function newKeys(): Promise<Keys> {
  const dir = await mkdtemp(join(tmpdir(), 'spark-keys-'))
  const { publicKey } = await ensureClientKey(dir)
  return {
    dir,
    authorized: publicKey.split(' ').slice(0, 2).join(' '),
    pin: (...servers) => writeFile(join(dir, 'known_hosts'), servers.map((server) => `[127.0.0.1]:${server.port} ${server.publicKey}\n`).join('')),
    remove: () => rm(dir, { recursive: true, force: true }),
  }
}

export const hostAt = (port: number, more: Partial<Host> = {}): Host => ({
  name: 'spark-1',
  address: '127.0.0.1',
  port,
  user: 'spark',
  vllmPort: 1,
  stateDir: '/nonexistent/spark-control',
  launcherDir: '~/spark-vllm-docker',
  hfCache: '/nonexistent/cache',
  container: null,
  extraDockerArgs: null,
  fabricAddress: null,
  ethIf: null,
  ibIf: null,
  modelRoots: ['~'],
  ...more,
})

export const clusterOf = (...hosts: Host[]): Cluster => ({
  clusterId: 'demo',
  demo: true,
  hosts,
  defaultPlacement: hosts.slice(0, 1).map((host) => host.name),
  container: 'vllm_node',
})
