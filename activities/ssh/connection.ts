import type { Client } from 'ssh2'
import { openChannel, type ChannelOptions, type Exit } from './channel.ts'

/** sshd's MaxSessions is 10: two are left for a person with a shell. */
const maxChannels = 8

/**
 * One connection to one host, shared by all who need it: opened at the first use and again after a loss, kept while idle.
 * Concurrent first users wait for the same attempt; a failed attempt is everyone's, and the next use tries anew.
 */
export class HostConnection {
  readonly #open: () => Promise<Client>
  #opening: Promise<Client> | null = null
  #closed = false
  #free = maxChannels
  readonly #waiting: (() => void)[] = []

  /** `open` logs in, or throws. Its client belongs to this connection. */
  constructor(open: () => Promise<Client>) {
    this.#open = open
  }

  /**
   * Runs a command line. An abort or a limit settles it as `unknown` at once. Throws what `open` throws, NoChannel when nothing was started.
   * The wait for the connection and for a free channel counts into `listen_s` only from the moment it has both.
   */
  async run(command: string, options: ChannelOptions): Promise<Exit> {
    const { signal } = options
    if (isAborted(signal)) return abandoned
    if ((await orAbort(this.#client(), signal)) === null) return abandoned
    if (!(await this.#slot(signal))) return abandoned
    let held = true
    const free = (): void => {
      if (held) this.#release()
      held = false
    }
    try {
      const client = await orAbort(this.#client(), signal) // it may have been lost while we stood in line
      if (client === null || isAborted(signal)) return abandoned
      const channel = openChannel(client, command, options)
      held = false
      void channel.gone.then(() => this.#release())
      return await channel.exit
    } finally {
      free()
    }
  }

  /** Ends the connection; what still runs in it settles as unknown. */
  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#opening?.catch(() => null)
    client?.end()
    client?.destroy()
  }

  #client(): Promise<Client> {
    if (this.#closed) return Promise.reject(new Error('this connection was closed'))
    if (this.#opening !== null) return this.#opening
    const opening = this.#open()
    this.#opening = opening
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = null
    }
    opening.then((client) => client.once('close', forget).once('end', forget), forget)
    return opening
  }

  /** True once the caller holds one of the channels; false when it gave up before. */
  #slot(signal: AbortSignal | undefined): Promise<boolean> {
    if (isAborted(signal)) return Promise.resolve(false)
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const take = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve(true)
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1)
        resolve(false)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(take)
    })
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true

const abandoned: Exit = { kind: 'unknown', reason: 'it was no longer waited for', stdout: '', stderr: '' }

/** What `work` gives, or null as soon as the signal aborts; the work itself goes on for the others who wait for it. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
  if (signal === undefined) return work
  if (signal.aborted) {
    work.catch(() => undefined)
    return Promise.resolve(null)
  }
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(null)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
