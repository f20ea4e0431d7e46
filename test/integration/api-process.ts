import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'
import { givePort, keepPort } from '../../demo/ports.ts'
import type { Places } from '../../config/places.ts'
import { Part } from '../faults/part.ts'

/** `node api/server.ts` as a real process on a stage's directories, which a test may kill and start again at the same address. Whoever starts it closes it. */
export class ApiProcess {
  readonly url: string
  readonly port: number
  readonly #part: Part

  static async start({ dataDir }: Places): Promise<ApiProcess> {
    const api = new ApiProcess(dataDir, await keepPort(0))
    await api.startAgain()
    return api
  }

  private constructor(dataDir: string, port: number) {
    this.port = port
    this.url = `http://127.0.0.1:${String(port)}`
    const { PATH, HOME } = process.env
    const env = { PATH, HOME, SPARK_DATA_DIR: dataDir, SPARK_LISTEN: `127.0.0.1:${String(port)}`, TEMPORAL_ADDRESS: inject('temporalAddress') }
    this.#part = new Part('api/server.ts', env, join(dataDir, `api-${String(port)}.log`))
  }

  /** SIGKILL, as a crash: nobody is told. */
  kill(): Promise<void> {
    return this.#part.kill()
  }

  /** Resolves when it answers. */
  async startAgain(): Promise<void> {
    this.#part.start()
    while (
      !(await fetch(`${this.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await pause(50)
  }

  async close(): Promise<void> {
    await this.#part.close()
    givePort(this.port)
  }
}
