import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { inject } from 'vitest'

const project = new URL('../..', import.meta.url)

/** `node worker.ts` as a real process on a stage's directories. It ends when its input closes, so that it cannot outlive the test. */
export class WorkerProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  /** `env` beside what every worker needs. */
  constructor(dataDir: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, ['worker.ts'], {
      cwd: project,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        SPARK_DATA_DIR: dataDir,
        SPARK_SUPERVISED: '1',
        TEMPORAL_ADDRESS: inject('temporalAddress'),
        ...env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#ended = once(this.#child, 'exit')
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.on('data', (text: Buffer) => (this.#output += text.toString()))
  }

  get output(): string {
    return this.#output
  }

  /** SIGKILL, as a crash: nobody is told. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#ended
  }
}
