import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Watchdog } from '../../scripts/up/watchdog.ts'
import type { ApiAnswer } from './control-plane.ts'

const script = fileURLToPath(import.meta.resolve('./holder-process.ts'))

/** A client of the API that a test may freeze in the middle of what it wants to do. Whoever starts it closes it. */
export class FrozenClient {
  readonly #process: ChildProcess
  readonly #watchdog = new Watchdog()
  readonly #answers: AsyncIterator<string>

  constructor(url: string) {
    const child = spawn(process.execPath, [script, url], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process = child
    if (child.pid !== undefined) this.#watchdog.guard(child.pid)
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** Sends a request, and waits for its answer. A frozen one sends it when it thaws: it still believes what it knew before. */
  async ask(method: 'POST' | 'DELETE', path: string, body: object | undefined, token?: string): Promise<ApiAnswer> {
    const headers = token === undefined ? {} : { 'x-swap-lock-token': token }
    this.#process.stdin?.write(`${JSON.stringify({ method, path, headers, body })}\n`)
    const { value, done } = await this.#answers.next()
    if (done === true) throw new Error('the client ended')
    return JSON.parse(value) as ApiAnswer // as holder-process.ts writes it
  }

  freeze(): void {
    this.#process.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process.kill('SIGCONT')
  }

  async close(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
    if (this.#process.pid !== undefined) this.#watchdog.release(this.#process.pid)
    this.#watchdog.close()
  }
}
