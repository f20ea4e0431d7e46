import { randomBytes } from 'node:crypto'
import type { Host } from '../domain/cluster.ts'
import { refusals } from '../domain/fence.ts'
import { heldWord, holdCommand, readVerdict, readyCommand, releaseCommand } from '../domain/fence-script.ts'
import type { Mark, StepMarker } from '../domain/mark.ts'
import type { Argv } from '../domain/names.ts'
import type { ChannelOptions, Exit } from './ssh/channel.ts'
import { HostError } from './ssh/host-error.ts'

/** A host's lock that is kept for what another host does. */
export interface Hold {
  /** True when its end was heard before anyone asked for it. The host itself keeps the lock all the same, unless it went down. */
  readonly isLost: boolean
  /** Gives the lock back, over a new connection if need be. Throws HostError when the host can't be told: then it ends by its own limit. */
  release(): Promise<void>
}

/** A command whose host's lock is taken, and which waits for a word. */
export interface Ready {
  /** Runs it, and gives its exit as `Hosts.change` does; throws as that does when it was too late. */
  go(): Promise<Exit>
  /** It is not run. */
  drop(): void
}

export interface LockOptions {
  /** How long the lock is kept, or the command may run, in seconds. */
  readonly limit_s: number
  /** How long to wait for the host's lock, and then for the word, in seconds. */
  readonly wait_s: number
  readonly marker: StepMarker
}

type Run = (target: Host, command: string, options: ChannelOptions) => Promise<Exit>

const grace_s = 15

/** Takes the lock and keeps it (ARBITER.md F2). Throws HostError as `Hosts.change` does; then nothing is kept. */
export async function hold(run: Run, target: Host, mark: Mark, { limit_s, wait_s, marker }: LockOptions): Promise<Hold> {
  const nonce = newNonce()
  const command = holdCommand({ stateDir: target.stateDir, mark, marker, waitS: wait_s, limitS: limit_s, nonce })
  const over = new AbortController()
  const { ended } = await locked(run, target, command, nonce, limit_s + wait_s + grace_s, over.signal)
  let lost = false
  let released = false
  void ended.then(() => (lost = !released))
  return {
    get isLost() {
      return lost
    },
    async release() {
      released = true
      const exit = await run(target, releaseCommand(target.stateDir, mark.fence, nonce), { listen_s: grace_s })
      over.abort()
      if (exit.kind === 'unknown') throw new HostError('host_command_unknown', target.name, exit.reason)
    },
  }
}

/** Takes the lock for a command that is run only when it is told (ARBITER.md F2). Throws HostError as `Hosts.change` does. */
export async function ready(run: Run, target: Host, mark: Mark, argv: Argv, { limit_s, wait_s, marker }: LockOptions): Promise<Ready> {
  const nonce = newNonce()
  const command = readyCommand({ stateDir: target.stateDir, mark, marker, argv, waitS: wait_s, limitS: limit_s, nonce })
  const over = new AbortController()
  const { ended, write } = await locked(run, target, command, nonce, limit_s + 2 * wait_s + grace_s, over.signal)
  return {
    async go() {
      write('go\n')
      return verdictOf(target, nonce, await ended)
    },
    drop: () => over.abort(),
  }
}

/** Runs until it says that it has the lock; an end before that is a refusal, or unknown. */
async function locked(run: Run, target: Host, command: string, nonce: string, listen_s: number, signal: AbortSignal) {
  const held = Promise.withResolvers<null>()
  let write = (_text: string): void => undefined
  const ended = run(target, command, {
    ...{ listen_s, holdStdin: true, signal },
    onOpen: (writer) => (write = writer),
    onLine: (line) => {
      if (line === heldWord(nonce)) held.resolve(null)
    },
  })
  ended.catch(() => undefined) // whoever waits for it hears of it
  const early = await Promise.race([held.promise, ended])
  if (early !== null) {
    const exit = verdictOf(target, nonce, early)
    throw new HostError('host_command_unknown', target.name, exit.kind === 'unknown' ? exit.reason : 'it ended before it had the lock')
  }
  return { ended, write: (text: string) => write(text) }
}

function verdictOf(target: Host, nonce: string, exit: Exit): Exit {
  const verdict = readVerdict(nonce, exit.stdout)
  const stderr = exit.stderr.replace(`${heldWord(nonce)}\n`, '')
  if (verdict.kind === 'refused') throw new HostError(refusals[verdict.refusal], target.name, verdict.detail)
  if (verdict.kind === 'ran') return { kind: 'exited', code: verdict.code, stdout: verdict.stdout, stderr }
  return { kind: 'unknown', reason: exit.kind === 'unknown' ? exit.reason : verdict.reason, stdout: verdict.stdout, stderr }
}

const newNonce = (): string => randomBytes(9).toString('hex')
