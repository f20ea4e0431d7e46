import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * A way to the API that loses replies: each request is carried out as it came, and the connection of those that `loses` chooses breaks instead of
 * bringing the answer. Whoever starts it closes it.
 */
export class ReplyDropper {
  readonly url: string
  /** How many replies got lost. */
  dropped = 0
  readonly #server: Server

  static async start(target: { readonly port: number }, loses: () => boolean): Promise<ReplyDropper> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ReplyDropper(server, target.port, loses)
  }

  private constructor(server: Server, targetPort: number, loses: () => boolean) {
    this.#server = server
    this.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` // it listens on TCP
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => this.#pass(incoming, outgoing, targetPort, loses))
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, port: number, loses: () => boolean): void {
    const { method, url: path, headers } = incoming
    const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      void buffer(answer).then((body) => {
        if (loses()) {
          this.dropped++
          incoming.socket.destroy()
        } else {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(body)
        }
      })
    })
    onward.on('error', () => incoming.socket.destroy())
    incoming.pipe(onward)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
