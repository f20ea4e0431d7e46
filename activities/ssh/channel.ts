import type { Client, ClientChannel } from 'ssh2'
import { Lines, Tail } from './tail.ts'

/** How a remote command ended. Without an exit status it is *unknown*: the connection broke, it was killed, or we stopped listening. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'unknown'; readonly reason: string; readonly stdout: string; readonly stderr: string }

export interface ChannelOptions {
  /** How long we listen, in seconds. The host has its own, shorter limit. */
  readonly listen_s: number
  readonly stdin?: string | Buffer | undefined
  /** Keep the standard input open until the end: its close tells the host to stop. */
  readonly holdStdin?: boolean
  readonly signal?: AbortSignal | undefined
  readonly onLine?: ((line: string, from: 'stdout' | 'stderr') => void) | undefined
  /** Given what writes to the standard input, which must be held open for that. */
  readonly onOpen?: ((write: (text: string) => void) => void) | undefined
}

/** `exit` settles when the caller may go on, `gone` when the channel no longer counts among those of its connection. */
export interface Channel {
  readonly exit: Promise<Exit>
  readonly gone: Promise<undefined>
}

/** The reason of an exit that is unknown because the connection was lost. */
export const connectionBroke = 'the connection broke before its end was known'

/** The server has no room for another channel: nothing was started. */
export class NoChannel extends Error {
  override readonly name = 'NoChannel'
}

/** Runs a command line in a channel of its own. All output is read to its end and its last megabyte kept. `exit` rejects with NoChannel, or with what `onLine` throws. */
export function openChannel(client: Client, command: string, options: ChannelOptions): Channel {
  const exit = Promise.withResolvers<Exit>()
  const gone = Promise.withResolvers<undefined>()
  const stdout = new Tail()
  const stderr = new Tail()
  let channel: ClientChannel | null = null
  let left = false
  const outputs = (): { stdout: string; stderr: string } => ({ stdout: stdout.text(), stderr: stderr.text() })

  const leave = (settle: () => void): void => {
    if (left) return
    left = true
    clearTimeout(limit)
    options.signal?.removeEventListener('abort', abort)
    settle()
    channel?.end()
    channel?.close()
  }
  const unknown = (reason: string): void => leave(() => exit.resolve({ kind: 'unknown', reason, ...outputs() }))
  const abort = (): void => unknown('it was no longer waited for')
  const limit = setTimeout(() => unknown(`no end was heard in ${options.listen_s} s`), options.listen_s * 1000)
  options.signal?.addEventListener('abort', abort, { once: true })

  const listen = (opened: ClientChannel): void => {
    channel = opened
    let code: number | null = null
    let killed: string | null = null
    const lines = { stdout: linesOf('stdout'), stderr: linesOf('stderr') }
    opened.on('data', (chunk: Buffer) => take(stdout, lines.stdout, chunk))
    opened.stderr.on('data', (chunk: Buffer) => take(stderr, lines.stderr, chunk))
    opened.on('exit', (exitCode: number | null, signal?: string) => {
      code = exitCode
      killed = signal ?? null
    })
    opened.on('error', (error: Error) => unknown(error.message))
    opened.on('close', () => {
      gone.resolve(undefined)
      guarded(() => {
        lines.stdout?.end()
        lines.stderr?.end()
      })
      const known = code
      if (known !== null) leave(() => exit.resolve({ kind: 'exited', code: known, ...outputs() }))
      else unknown(killed === null ? connectionBroke : `it was killed by ${killed}`)
    })
    if (left) {
      opened.end()
      opened.close()
      return
    }
    if (options.stdin !== undefined) opened.write(options.stdin)
    if (options.holdStdin !== true) opened.end()
    options.onOpen?.((text) => {
      if (!left) opened.write(text)
    })
  }

  const linesOf = (from: 'stdout' | 'stderr'): Lines | null => {
    const { onLine } = options
    return onLine === undefined ? null : new Lines((line) => onLine(line, from))
  }
  const take = (tail: Tail, lines: Lines | null, chunk: Buffer): void => {
    tail.add(chunk)
    if (!left) guarded(() => lines?.add(chunk))
  }
  const guarded = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      leave(() => exit.reject(error instanceof Error ? error : new Error(String(error))))
    }
  }

  try {
    client.exec(command, (error, opened) => {
      if (error === undefined) return listen(opened)
      gone.resolve(undefined)
      if ('reason' in error) leave(() => exit.reject(new NoChannel(error.message)))
      else unknown(connectionBroke) // it may have been started: only the answer is missing
    })
  } catch (error) {
    gone.resolve(undefined)
    leave(() => exit.reject(new NoChannel(error instanceof Error ? error.message : String(error)))) // not connected: nothing was sent
  }
  return { exit: exit.promise, gone: gone.promise }
}
