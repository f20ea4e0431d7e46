import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server as NetServer, Socket } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { AuthContext, Connection, ServerChannel, Session } from 'ssh2'
import type { HostDisk } from './disk.ts'
import type { EventLog } from './events.ts'
import { keepKey, makeKey } from './keys.ts'
import type { KeyPair } from './keys.ts'
import { killGroup } from './shell.ts'
import type { Shell } from './shell.ts'

/** sshd's MaxSessions: one more session on a connection is refused. */
const maxSessions = 10

/** The host's sshd: a real SSH server on loopback with a host key of its own, for the keys in `ssh/authorized_keys` only. */
export class SshServer {
  readonly #disk: HostDisk
  readonly #shell: Shell
  readonly #events: EventLog
  readonly #user: string
  readonly #keyFile: string
  readonly #sockets = new Set<Socket>()
  #key: KeyPair
  #listener: NetServer | undefined
  #frozen = false

  constructor(disk: HostDisk, shell: Shell, events: EventLog, user: string) {
    this.#disk = disk
    this.#shell = shell
    this.#events = events
    this.#user = user
    this.#keyFile = join(disk.dir, 'ssh', 'host_key')
    this.#key = keepKey(this.#keyFile, 'host')
  }

  get publicKey(): string {
    return this.#key.publicKey
  }

  /** Throws EADDRINUSE when somebody has the port. */
  async listen(port: number): Promise<void> {
    const server = new ssh2.Server({ hostKeys: [this.#key.privateKey], ident: 'OpenSSH_9.6p1 Ubuntu-3ubuntu13' })
    server.on('connection', (connection: Connection) => this.#welcome(connection))
    const listener = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy())
      if (this.#frozen) socket.pause().cork()
      server.injectSocket(socket)
    })
    await new Promise<void>((done, failed) => listener.once('error', failed).listen(port, '127.0.0.1', done))
    this.#listener = listener
  }

  /** Stops listening and cuts all connections. */
  async stop(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    this.cut()
    if (listener) await new Promise((done) => listener.close(done))
  }

  /** Resets all connections; what runs in them lives on. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Hears and says nothing from now on, or wakes again: connections are accepted, and no answer comes. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen
    for (const socket of this.#sockets) {
      if (frozen) socket.pause().cork()
      else {
        socket.uncork()
        socket.resume()
      }
    }
  }

  /** A new host key, as after a fresh installation. Counts from the next `listen`. */
  changeKey(): void {
    this.#key = makeKey(this.#keyFile, 'host')
  }

  #welcome(connection: Connection): void {
    let sessions = 0
    connection.on('error', () => undefined)
    connection.on('authentication', (attempt) => this.#authenticate(attempt))
    connection.on('session', (accept, reject) => {
      if (sessions >= maxSessions) return reject()
      sessions += 1
      const session = accept()
      session.once('close', () => (sessions -= 1))
      this.#serve(session)
    })
    connection.on('request', (_accept, reject) => reject?.())
  }

  #authenticate(attempt: AuthContext): void {
    if (attempt.method !== 'publickey') return attempt.reject(['publickey'])
    const offered = `${attempt.key.algo} ${attempt.key.data.toString('base64')}`
    const known = readFileSync(join(this.#disk.dir, 'ssh', 'authorized_keys'), 'utf8').split('\n')
    const authorized = known.some((line) => line.trim().split(' ').slice(0, 2).join(' ') === offered)
    if (!authorized || attempt.username !== this.#user) {
      this.#events.write('ssh_refused', { user: attempt.username })
      return attempt.reject(['publickey'])
    }
    if (!attempt.signature) return attempt.accept() // only asked whether this key would do
    const key = ssh2.utils.parseKey(offered)
    const genuine = !(key instanceof Error) && attempt.blob !== undefined && key.verify(attempt.blob, attempt.signature, attempt.hashAlgo)
    if (genuine) attempt.accept()
    else attempt.reject(['publickey'])
  }

  #serve(session: Session): void {
    let child: ChildProcess | undefined
    session.on('pty', (_accept, reject) => reject())
    session.on('signal', (accept, _reject, info) => {
      if (child) killGroup(child, `SIG${info.name}` as NodeJS.Signals)
      accept()
    })
    session.on('exec', (accept, _reject, { command }) => (child = this.#run(command, accept())))
    session.on('shell', (accept) => (child = this.#run('exec /bin/sh', accept())))
  }

  #run(command: string, channel: ServerChannel): ChildProcess {
    const child = this.#shell.run(command)
    this.#events.write('ssh_exec', { command, pid: child.pid })
    channel.on('error', () => undefined)
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)
    channel.pipe(child.stdin)
    child.stdout.pipe(channel, { end: false })
    child.stderr.pipe(channel.stderr, { end: false })
    child.on('error', () => channel.exit(127))
    child.on('exit', (code, signal) => {
      if (signal) channel.exit(signal.slice(3), false, '')
      else channel.exit(code ?? 255)
    })
    // As sshd: the channel stays open while anybody holds the command's output.
    child.on('close', () => channel.end())
    channel.on('close', () => {
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
    })
    return child
  }
}
