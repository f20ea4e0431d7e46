import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Arguments } from './arguments.ts'

/**
 * The ranks of a model on several hosts, each a process on its own. The head listens, the others come to it over the network, and every completion needs
 * all of them: with one gone it does not end, whatever `/health` says.
 */
export class Ranks {
  readonly #others: readonly Socket[]
  #steps = Promise.resolve()

  /** Waits, for ever if need be, until all ranks are there. */
  static async gather({ nodes, rank, masterAddress, masterPort }: Arguments): Promise<Ranks> {
    if (nodes < 2) return new Ranks([])
    return rank === 0 ? new Ranks(await callIn(nodes - 1, masterPort)) : join(masterAddress, masterPort)
  }

  private constructor(others: readonly Socket[]) {
    this.#others = others
  }

  /** One step of all ranks; never ends when one of them is lost. One at a time. */
  step(): Promise<void> {
    this.#steps = this.#steps.then(async () => {
      await Promise.all(
        this.#others.map(async (other) => {
          const done = answered(other)
          other.write('step\n')
          await done
        }),
      )
    })
    return this.#steps
  }

  static worker(): Ranks {
    return new Ranks([])
  }
}

/** The next thing it says; a lost connection says nothing. */
const answered = (other: Socket): Promise<unknown> => new Promise((resolve) => other.once('data', resolve))

async function callIn(count: number, port: number): Promise<Socket[]> {
  const others: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    others.push(socket)
    if (others.length === count) server.emit('complete')
  })
  server.listen(port, '0.0.0.0')
  await once(server, 'complete')
  for (const other of others) other.write('begin\n')
  return others
}

/** A worker does as it is told, and lives on when nobody tells it anything any more. */
async function join(address: string, port: number): Promise<Ranks> {
  for (;;) {
    const socket = connect(port, address)
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    try {
      await once(socket, 'connect')
      const { done } = await lines.next() // until the head has all of them
      if (done === true) throw new Error('the head went away')
      socket.on('error', () => undefined)
      void obey(socket, lines)
      return Ranks.worker()
    } catch {
      socket.destroy()
      await pause(100)
    }
  }
}

async function obey(socket: Socket, lines: AsyncIterator<string>): Promise<void> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) socket.write('done\n')
}
