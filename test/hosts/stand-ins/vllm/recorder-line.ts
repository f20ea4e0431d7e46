import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'

/**
 * The engine's line to the host's recorder. The kernel closes it whichever way the engine ends, so that the record has the end also of an engine
 * that was killed.
 */
export class RecorderLine {
  readonly #socket: Socket
  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Connects and reports the start. Throws when the host keeps no record: an engine that nobody counted would prove nothing. */
  static async open(start: Readonly<Record<string, unknown>>): Promise<RecorderLine> {
    const socket = createConnection('/run/engine/recorder.sock')
    await once(socket, 'connect')
    socket.unref()
    const line = new RecorderLine(socket)
    await line.tell('engine_start', start)
    return line
  }

  async tell(event: string, detail: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await new Promise<void>((written) => this.#socket.write(`${JSON.stringify({ event, ...detail })}\n`, () => written()))
  }
}
