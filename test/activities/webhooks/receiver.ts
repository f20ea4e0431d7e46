import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Answer = (response: ServerResponse, request: Received) => void

export const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body)

/** A real HTTP server on a loopback port: it keeps what it got, and answers as it is told. Whoever starts it closes it. */
export class Receiver {
  readonly received: Received[] = []
  readonly #server
  answer: Answer

  private constructor(answer: Answer) {
    this.answer = answer
    this.#server = createServer((request, response) => {
      response.on('error', () => undefined)
      void this.#take(request, response)
    })
  }

  static async start(answer: Answer = status(204), port = 0): Promise<Receiver> {
    const receiver = new Receiver(answer)
    receiver.#server.listen(port, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port // a TCP server that listens has one
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}/hook`
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // a stream without an encoding gives buffers
    const got = { method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(chunks).toString('utf8') }
    this.received.push(got)
    this.answer(response, got)
  }
}
