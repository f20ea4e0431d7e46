import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { searchAttributes } from '../../activities/search-attributes.ts'
import { findTemporalCli, TEMPORAL_VERSION } from '../../scripts/bootstrap/temporal-cli.mjs'
import { Watchdog } from '../../scripts/up/watchdog.ts'
import { freePort } from '../../scripts/free-port.ts'

const startLimitMs = 30_000

/**
 * A real Temporal dev server on free ports of the loopback, its record in a SQLite file that outlives kills.
 * Whoever starts it ends it with `stop`; if its owner dies first, the server is ended too.
 */
export class TemporalServer {
  readonly address: string
  readonly port: number
  readonly #cli: string
  readonly #folder: string
  readonly #watchdog = new Watchdog()
  #process: ChildProcess | null = null

  /** Starts a server with a fresh record. Throws, with what to do, when there is no Temporal CLI or the server does not come up. */
  static async start(): Promise<TemporalServer> {
    const { path, tried } = await findTemporalCli()
    if (path === null) {
      throw new Error(`These tests need the Temporal CLI ${TEMPORAL_VERSION}; \`npm test\` gets it. Looked at: ${tried.join('; ')}`)
    }
    const server = new TemporalServer(path, await mkdtemp(join(tmpdir(), 'spark-temporal-')), await freePort())
    await server.up()
    return server
  }

  private constructor(cli: string, folder: string, port: number) {
    this.#cli = cli
    this.#folder = folder
    this.port = port
    this.address = `127.0.0.1:${port}`
  }

  /** Starts the server, again on the same record and port after a kill; resolves when it answers. */
  async up(): Promise<void> {
    const log = openSync(join(this.#folder, 'server.log'), 'a')
    const process = spawn(this.#cli, this.#arguments(), { detached: true, stdio: ['ignore', log, log], env: withoutTemporal() })
    closeSync(log)
    this.#process = process
    if (process.pid !== undefined) this.#watchdog.guard(process.pid)
    await this.#answers(process)
  }

  /** SIGKILL, as a crash: nothing is flushed, nobody is told. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ends the server and removes its record. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
    this.#watchdog.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #arguments(): string[] {
    const files = ['--db-filename', join(this.#folder, 'temporal.db')]
    const network = ['--ip', '127.0.0.1', '--port', String(this.port), '--headless']
    return [
      'server',
      'start-dev',
      ...files,
      ...network,
      '--log-level',
      'error',
      ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ]
  }

  async #answers(process: ChildProcess): Promise<void> {
    const giveUpAt = Date.now() + startLimitMs
    while (process.exitCode === null && Date.now() < giveUpAt) {
      try {
        const connection = await Connection.connect({ address: this.address, connectTimeout: '2s' })
        await connection.workflowService.describeNamespace({ namespace: 'default' })
        await connection.close()
        return
      } catch {
        await delay(50)
      }
    }
    await this.#end('SIGKILL')
    throw new Error(
      `The Temporal dev server did not come up on ${this.address}:\n${readFileSync(join(this.#folder, 'server.log'), 'utf8').slice(-2_000)}`,
    )
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const process = this.#process
    this.#process = null
    if (process?.pid === undefined || process.exitCode !== null || process.signalCode !== null) return
    const gone = once(process, 'exit')
    process.kill(signal)
    const patience = setTimeout(() => process.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(patience)
    this.#watchdog.release(process.pid)
  }
}

/** The CLI reads TEMPORAL_… of its environment as flags: a developer's own settings must not reach into tests. */
function withoutTemporal(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')))
}
