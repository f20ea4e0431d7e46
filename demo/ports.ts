import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below Linux's ephemeral range (32768–60999): a port from there would sooner or later be some connection's own while nobody listens on it.
const lowest = 18_000
const highest = 32_000
const handedOut = new Set<number>()

/** The wished port if it is free, or any free one (also for 0). It stays this process's: nobody else here gets it. */
export async function keepPort(wished: number): Promise<number> {
  for (let port = wished === 0 ? anyPort() : wished; ; port = anyPort()) {
    if (handedOut.has(port) || !(await isFree(port))) continue
    handedOut.add(port)
    return port
  }
}

/** The host that had it is closed. */
export function givePort(port: number): void {
  handedOut.delete(port)
}

/** Does nobody listen there on loopback? */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return await new Promise((done) => {
    probe.once('error', () => done(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)))
  })
}

function anyPort(): number {
  return randomInt(lowest, highest)
}
