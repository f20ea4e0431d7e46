import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Readable } from 'node:stream'
import type { HostDisk } from './disk.ts'

/** Where a stand-in's words come out. */
interface Output {
  out(text: string): void
  err(text: string): void
}

/** One run of a stand-in command. */
export interface Call extends Output {
  readonly tool: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The container that the command runs in, or '' on the host. */
  readonly container: string
  readonly env: Readonly<Record<string, string>>
  /** Asks the command for its standard input. */
  stdin(): Readable
  /** Aborts when the command was killed, or its host died. */
  readonly gone: AbortSignal
}

/** A simulated program: speaks through the call and gives its exit code. */
export type Tool = (call: Call) => Promise<number>

/**
 * The way from the stand-in commands into the host's process: TCP on loopback, because bash can speak it by itself. A key in a private file
 * keeps other users of the machine out. Fields are separated by NUL: key, `call`, tool, directory, container, number of arguments, the
 * arguments, the environment, and an empty field.
 */
export class Door {
  readonly #tools: Readonly<Record<string, Tool>>
  readonly #key = randomBytes(16).toString('hex')
  readonly #inputs = new Map<string, PassThrough>()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  #tickets = 0

  constructor(tools: Readonly<Record<string, Tool>>) {
    this.#tools = tools
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#welcome(socket))
  }

  async open(disk: HostDisk): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    // A TCP server's address is no pipe's name.
    const { port } = this.#server.address() as AddressInfo
    writeFileSync(join(disk.dir, 'door'), `${String(port)} ${this.#key}\n`, { mode: 0o600 })
  }

  /** Ends all running commands from the host's side, as a power cut does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((done) => this.#server.close(done))
  }

  #welcome(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy())
    let received = Buffer.alloc(0)
    const read = (more: Buffer): void => {
      received = Buffer.concat([received, more])
      const message = parse(received)
      if (!message) return
      socket.off('data', read)
      if (message.key !== this.#key) socket.destroy()
      else if (message.kind === 'stdin') this.#feed(message.ticket, message.rest, socket)
      else void this.#serve(message, socket)
    }
    socket.on('data', read)
  }

  #feed(ticket: string, first: Buffer, socket: Socket): void {
    const input = this.#inputs.get(ticket)
    this.#inputs.delete(ticket)
    if (!input) return void socket.destroy()
    input.write(first)
    socket.pipe(input)
  }

  async #serve(message: Message & { kind: 'call' }, socket: Socket): Promise<void> {
    const gone = new AbortController()
    socket.on('close', () => gone.abort()).on('end', () => gone.abort())
    socket.resume()
    const frame = (kind: string, text: string): void => {
      const bytes = Buffer.from(text)
      if (bytes.length > 0 && socket.writable) socket.write(Buffer.concat([Buffer.from(`${kind} ${String(bytes.length)}\n`), bytes]))
    }
    const call: Call = {
      ...message.call,
      out: (text) => frame('o', text),
      err: (text) => frame('e', text),
      stdin: () => {
        const ticket = String((this.#tickets += 1))
        const input = new PassThrough()
        this.#inputs.set(ticket, input)
        if (socket.writable) socket.write(`i ${ticket}\n`)
        return input
      },
      gone: gone.signal,
    }
    const tool = this.#tools[call.tool]
    const code = tool ? await tool(call).catch((error: unknown) => broken(call, error)) : 127
    if (socket.writable) socket.end(`x ${String(code)}\n`)
  }
}

/** Runs a simulated program in this process, without a stand-in command in between. It has no input. */
export async function runTool(tool: Tool, args: readonly string[], cwd: string): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const code = await tool({
    tool: '',
    args,
    cwd,
    container: '',
    env: {},
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    stdin: () => new PassThrough().end(),
    gone: new AbortController().signal,
  })
  return { code, ...said }
}

/** A fault of the simulation itself: said to whoever called, and no reason for the host to die. */
function broken(call: Call, error: unknown): number {
  call.err(`simulated ${call.tool} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 70
}

type Message =
  | { kind: 'call'; key: string; call: Pick<Call, 'tool' | 'args' | 'cwd' | 'container' | 'env'> }
  | { kind: 'stdin'; key: string; ticket: string; rest: Buffer }

/** A whole message, or undefined while there is more to come. */
function parse(bytes: Buffer): Message | undefined {
  const fields: string[] = []
  let at = 0
  const next = (): string | undefined => {
    const end = bytes.indexOf(0, at)
    if (end < 0) return undefined
    const field = bytes.toString('utf8', at, end)
    at = end + 1
    fields.push(field)
    return field
  }
  const [key, kind, first] = [next(), next(), next()]
  if (key === undefined || kind === undefined || first === undefined) return undefined
  if (kind === 'stdin') return { kind, key, ticket: first, rest: bytes.subarray(at) }
  const [cwd, container, count] = [next(), next(), next()]
  if (cwd === undefined || container === undefined || count === undefined) return undefined
  const args: string[] = []
  while (args.length < Number(count)) {
    const arg = next()
    if (arg === undefined) return undefined
    args.push(arg)
  }
  const env: Record<string, string> = {}
  for (let row = next(); row !== ''; row = next()) {
    if (row === undefined) return undefined
    env[row.slice(0, row.indexOf('='))] = row.slice(row.indexOf('=') + 1)
  }
  return { kind: 'call', key, call: { tool: first, args, cwd, container, env } }
}
