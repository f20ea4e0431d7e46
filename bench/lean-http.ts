import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface LeanAnswer {
  readonly status: number
  readonly body: string
}

/**
 * One keep-alive HTTP/1.1 connection with one request at a time and little work of its own: on two cores a usual client would take from the
 * server what is to be measured. Understands answers with a Content-Length only, and says so of others.
 */
export class LeanConnection {
  readonly #socket: Socket
  readonly #host: string
  #text = ''
  #waiting: PromiseWithResolvers<LeanAnswer> | null = null

  static async open(port: number): Promise<LeanConnection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    return new LeanConnection(socket, `127.0.0.1:${port}`)
  }

  private constructor(socket: Socket, host: string) {
    this.#socket = socket
    this.#host = host
    socket.setEncoding('latin1') // lengths are in bytes, and so is this text
    socket.on('data', (chunk: string) => this.#read(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
  }

  /** Rejects when the connection breaks; `body` is JSON in ASCII, or empty. */
  request(method: string, path: string, headers: Readonly<Record<string, string>>, body: string): Promise<LeanAnswer> {
    this.#waiting = Promise.withResolvers()
    const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const content = body === '' ? '' : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n${more.join('')}${content}\r\n${body}`)
    return this.#waiting.promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: string): void {
    this.#text += chunk
    const bodyAt = this.#text.indexOf('\r\n\r\n') + 4
    if (bodyAt < 4) return
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, bodyAt))?.[1]
    if (length === undefined) return this.#fail(new Error(`an answer without Content-Length: ${this.#text.slice(0, 200)}`))
    const end = bodyAt + Number(length)
    if (this.#text.length < end) return
    const answer = { status: Number(this.#text.slice(9, 12)), body: this.#text.slice(bodyAt, end) }
    this.#text = this.#text.slice(end)
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.resolve(answer)
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = null
  }
}
