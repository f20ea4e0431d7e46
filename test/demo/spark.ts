import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { startDemoHost } from '../../demo/host.ts'
import type { DemoHost, DemoHostOptions } from '../../demo/host.ts'
import { makeKey } from '../../demo/keys.ts'
import type { KeyPair } from '../../demo/keys.ts'

export interface Ran {
  /** Null when the connection was lost before the command ended. */
  code: number | null
  stdout: string
  stderr: string
}

export interface HostEvent {
  seq: number
  event: string
  [fact: string]: unknown
}

/** A simulated Spark in a directory of its own, and a client that is let in. Close it. */
export class Spark {
  readonly host: DemoHost
  readonly key: KeyPair
  readonly keyFile: string
  readonly #dir: string
  #connection: Promise<ssh2.Client> | undefined

  constructor(host: DemoHost, key: KeyPair, dir: string) {
    this.host = host
    this.key = key
    this.keyFile = join(dir, 'id_ed25519')
    this.#dir = dir
  }

  /** A new connection. Rejects when the host refuses it. */
  async connect(privateKey = this.key.privateKey, readyTimeout = 5000): Promise<ssh2.Client> {
    const client = new ssh2.Client()
    return await new Promise((ready, failed) => {
      client.on('ready', () => ready(client.setNoDelay(true))).on('error', failed)
      client.connect({ host: '127.0.0.1', port: this.host.sshPort, username: this.host.user, privateKey, readyTimeout })
    })
  }

  /** Runs a command over one connection that all share. */
  async run(command: string, stdin?: string): Promise<Ran> {
    this.#connection ??= this.connect()
    try {
      return await runOn(await this.#connection, command, stdin)
    } catch (error) {
      this.#connection = undefined
      // A fault cut it, before the command could start.
      if (error instanceof Error && /^(Not connected|No response from server)$/.test(error.message)) return await this.run(command, stdin)
      throw error
    }
  }

  /** The launcher, detached, with these words after `vllm serve`. */
  async launch(words: string, more = ''): Promise<Ran> {
    return await this.run(`~/spark-vllm-docker/launch-cluster.sh --solo -d ${more} exec vllm serve ${words} --port ${String(this.host.vllmPort)}`)
  }

  async fetch(path: string, body?: object, headers: Record<string, string> = {}, signal = AbortSignal.timeout(10_000)): Promise<Response> {
    const post = body && { method: 'POST', body: JSON.stringify(body) }
    return await fetch(`http://127.0.0.1:${String(this.host.vllmPort)}${path}`, { ...post, headers, signal })
  }

  /** What the engine says at `/health`, or 0 when nobody listens. */
  async health(): Promise<number> {
    return await this.fetch('/health').then(
      (response) => response.status,
      () => 0,
    )
  }

  events(): HostEvent[] {
    const lines = readFileSync(this.host.eventsFile, 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as HostEvent)
  }

  /** The last event of that name. */
  last(event: string): HostEvent | undefined {
    return this.events().findLast((each) => each.event === event)
  }

  async close(): Promise<void> {
    ;(await this.#connection?.catch(() => undefined))?.end()
    await this.host.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

/** Fast: models load in 0.2 s, all else takes a fiftieth of the real time. */
export async function startSpark(options: Partial<DemoHostOptions> = {}): Promise<Spark> {
  const dir = mkdtempSync(join(tmpdir(), 'spark-test-'))
  const key = makeKey(join(dir, 'id_ed25519'), 'test')
  const host = await startDemoHost({
    name: 'spark-1',
    dir: join(dir, 'host'),
    authorizedKeys: [key.publicKey],
    load_s: 0.2,
    timeScale: 0.02,
    ...options,
  })
  return new Spark(host, key, dir)
}

export async function runOn(client: ssh2.Client, command: string, stdin?: string): Promise<Ran> {
  return await new Promise((done, failed) => {
    client.exec(command, (error, channel) => {
      if (error) return failed(error)
      const ran: Ran = { code: null, stdout: '', stderr: '' }
      channel.on('data', (data: Buffer) => (ran.stdout += data.toString()))
      channel.stderr.on('data', (data: Buffer) => (ran.stderr += data.toString()))
      channel.on('exit', (code: number | null) => (ran.code = code))
      channel.on('close', () => done(ran))
      channel.end(stdin)
    })
  })
}

/** Waits for a state, by looking every 10 ms; fails after 10 s with what was seen last. */
export async function until<T>(look: () => T | Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const limit = Date.now() + 10_000
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (Date.now() > limit) throw new Error(`waited in vain; last seen: ${JSON.stringify(seen)}`)
    await sleep(10)
  }
}
