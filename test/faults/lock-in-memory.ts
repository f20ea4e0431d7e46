import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { givePort, keepPort } from '../../demo/ports.ts'

interface Held {
  readonly token: string
  readonly hosts: readonly string[]
  readonly fence: number
  until: number
}

/**
 * What must never be built: an API whose lock lives in its own process. It keeps every promise as long as it is alone and is not restarted. A plant for the
 * harness to find. Whoever starts it closes it.
 */
export class LockInMemory {
  readonly url: string
  readonly port: number
  #server: Server | null = null
  #held: readonly Held[] = []
  #fence = Date.now()

  static async start(): Promise<LockInMemory> {
    const lock = new LockInMemory(await keepPort(0))
    await lock.startAgain()
    return lock
  }

  private constructor(port: number) {
    this.port = port
    this.url = `http://127.0.0.1:${port}`
  }

  /** The process dies, and what it remembered with it. */
  async kill(): Promise<void> {
    const server = this.#server
    this.#server = null
    this.#held = []
    this.#fence = Date.now()
    server?.closeAllConnections()
    if (server !== null) await new Promise((done) => server.close(done))
  }

  async startAgain(): Promise<void> {
    this.#server = createServer((request, response) => void this.#serve(request, response)).listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    await this.kill()
    givePort(this.port)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString()
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) // of our own contenders
    const [status, json] = this.#answer(request, body)
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(JSON.stringify(json)) })
    response.end(JSON.stringify(json))
  }

  #answer({ method, url = '', headers }: IncomingMessage, body: Record<string, unknown>): [status: number, json: object] {
    this.#held = this.#held.filter(({ until }) => until > Date.now())
    const token = headers['x-swap-lock-token']
    const hosts = Array.isArray(body['hosts']) ? body['hosts'].map(String) : ['all']
    const own = this.#held.find((held) => held.token === (token ?? body['token']))
    if (method === 'DELETE') {
      const ended = url.includes('force=true') ? this.#held.filter((held) => overlap(held.hosts, hosts)) : this.#held.filter((held) => held === own)
      this.#held = this.#held.filter((held) => !ended.includes(held))
      return ended.length > 0 || url.includes('force=true') ? [200, { released: ended.length }] : [409, { code: 'lock_stale' }]
    }
    const until = Date.now() + Number(body['ttl_s']) * 1000
    if (own !== undefined) {
      own.until = Math.max(own.until, until)
      return [200, own]
    }
    if (token !== undefined) return [409, { code: 'lock_stale' }]
    const other = this.#held.find((held) => overlap(held.hosts, hosts))
    if (other !== undefined) return [423, { code: 'reserved', fence: other.fence }]
    const held = { token: typeof body['token'] === 'string' ? body['token'] : String(this.#fence), hosts, fence: (this.#fence += 1), until }
    this.#held = [...this.#held, held]
    return [201, held]
  }
}

const overlap = (a: readonly string[], b: readonly string[]): boolean => a.some((host) => b.includes(host)) || a.includes('all') || b.includes('all')
