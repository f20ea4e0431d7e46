import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { givePort, keepPort } from '../../demo/ports.ts'

/** A TCP line to a port of the loopback that a test can cut. Whoever opens it closes it. */
export class Line {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false

  static async open(toPort: number): Promise<Line> {
    const line = new Line(await keepPort(0), toPort)
    line.#server.listen(line.port, '127.0.0.1')
    await once(line.#server, 'listening')
    return line
  }

  private constructor(port: number, toPort: number) {
    this.port = port
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port: toPort, host: '127.0.0.1', noDelay: true })
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket)
        socket.on('data', (bytes) => other.write(bytes) || socket.pause())
        other.on('drain', () => this.#isCut || socket.resume())
        socket.on('end', () => other.end())
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
        if (this.#isCut) socket.pause()
      }
    })
  }

  /** Nothing passes any more and nobody is told, as when a cable is pulled. New connections are taken, and stay silent. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** What waited passes on. */
  mend(): void {
    this.#isCut = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Breaks every connection at once, with what was on its way; new ones work. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
    givePort(this.port)
  }
}
