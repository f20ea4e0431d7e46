import type { ProgramIo } from '../docker/program.ts'
import type { EngineFailure } from './sentinel.ts'
import type { StartupStep } from './startup.ts'
import type { Wording } from './wording.ts'

/** What an engine says, under the names of its two processes. */
export class Voice {
  readonly #io: ProgramIo
  readonly #pids: { readonly server: number; readonly core: number }
  readonly #wording: Wording
  readonly #now: () => Date

  constructor(io: ProgramIo, pids: { readonly server: number; readonly core: number }, wording: Wording, now: () => Date) {
    this.#io = io
    this.#pids = pids
    this.#wording = wording
    this.#now = now
  }

  say(by: 'APIServer' | 'EngineCore', source: string, text: string): void {
    const now = this.#now().toISOString()
    this.#io.out(`${this.#prefix(by)} INFO ${now.slice(5, 10)} ${now.slice(11, 19)} [${source}] ${text}\n`)
  }

  tell({ by, source, text }: StartupStep): void {
    if (by === 'tqdm') this.#io.err(`${text}\n`)
    else this.say(by, source ?? '', text)
  }

  /** A line of the server's, as it is. */
  serverError(text: string): void {
    this.#io.err(`${this.#prefix('APIServer')} ${text}\n`)
  }

  giveUp({ inServer, lines }: EngineFailure): void {
    const prefix = this.#prefix(inServer ? 'APIServer' : 'EngineCore')
    this.#io.err(`${prefix} Traceback (most recent call last):\n`)
    for (const line of lines) this.#io.err(`${prefix} ${line}\n`)
    if (!inServer) this.serverError('RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}')
  }

  #prefix(by: 'APIServer' | 'EngineCore'): string {
    return by === 'APIServer' ? `(APIServer pid=${String(this.#pids.server)})` : `(${this.#wording.core} pid=${String(this.#pids.core)})`
  }
}
