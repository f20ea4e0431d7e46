import { randomBytes } from 'node:crypto'
import type { Cluster, Host } from '../domain/cluster.ts'
import { refusals, type StoredFence } from '../domain/fence.ts'
import { fencedCommand, readVerdict, releaseCommand, takeoverCommand } from '../domain/fence-script.ts'
import { factsCommand, factsLimit_s, stateCommand, type FactsExtent } from '../domain/host-facts/script.ts'
import { readFacts, readState, type HostFacts } from '../domain/host-facts.ts'
import type { Mark, StepMarker } from '../domain/mark.ts'
import type { Argv, HostName } from '../domain/names.ts'
import { quote, shellScript } from '../domain/shell.ts'
import { hold, ready, type Hold, type LockOptions, type Ready } from './held-locks.ts'
import { connectionBroke, NoChannel, type ChannelOptions, type Exit } from './ssh/channel.ts'
import { usualTiming, type SshTiming } from './ssh/connect.ts'
import { HostConnection } from './ssh/connection.ts'
import { HostError } from './ssh/host-error.ts'
import { logIn } from './ssh/log-in.ts'

export type { Exit } from './ssh/channel.ts'
export { HostError } from './ssh/host-error.ts'

export interface LookOptions {
  /** How long the command may run on the host, in seconds (default 30). */
  readonly limit_s?: number
  readonly stdin?: string | Buffer
  readonly signal?: AbortSignal | undefined
}

export interface ChangeOptions {
  /** How long the command may run on the host, in seconds. */
  readonly limit_s: number
  /** How long to wait for the host's lock, in seconds (default 30). */
  readonly wait_s?: number
  /** The only place for secrets: arguments and environment can be seen on the host. */
  readonly stdin?: string | Buffer
  readonly signal?: AbortSignal | undefined
  /** Written under the same lock before the command starts (ARBITER.md F5). */
  readonly marker?: StepMarker
}

/**
 * The only way to a host. All methods throw HostError for a host that is not in the cluster (`unknown_host`) or that can't be reached
 * (`host_unreachable`, `host_key_unknown`, `host_key_changed`, `ssh_refused`): then nothing was started. An abort never throws: the result is `unknown`.
 */
export interface Hosts {
  host(name: HostName): Host
  /** Runs a command that changes nothing. Ended by the host itself after its limit, which is an `unknown` exit. */
  look(name: HostName, argv: Argv, options?: LookOptions): Promise<Exit>
  /**
   * Runs a command that changes something, under the host's lock and only if its mark is not lower than the stored one (ARBITER.md F2).
   * Throws HostError `stale_fence`, `foreign_cluster`, `fence_unwritable`, `disk_full` or `host_lock_timeout` when the host refused: nothing ran.
   * An `unknown` exit means that it may or may not have had its effect, or may still be running: look, don't assume. An abort stops the waiting, not the command.
   */
  change(name: HostName, mark: Mark, argv: Argv, options: ChangeOptions): Promise<Exit>
  /** Takes the lock as `change` does and keeps it, for what another host's command does here (ARBITER.md F2). Throws as `change` does. */
  hold(name: HostName, mark: Mark, options: LockOptions): Promise<Hold>
  /** `change` in two parts: with the lock taken it waits for the word to run. Throws as `change` does. */
  ready(name: HostName, mark: Mark, argv: Argv, options: LockOptions): Promise<Ready>
  /** Ends what an earlier attempt held there under this fence. Only when nothing that it guarded can run any more. */
  endHolds(name: HostName, fence: number): Promise<void>
  /** Stores the mark and runs nothing. Throws as `change` does, and `host_command_unknown` when the answer was lost. */
  raiseFence(name: HostName, mark: Mark, signal?: AbortSignal): Promise<void>
  /** Makes the host's fence file ours and keeps its numbers (ARBITER.md F3). Only on a person's explicit wish. */
  takeOver(name: HostName): Promise<void>
  /** The stored fence and step marker. Throws `fence_unwritable` when there is a fence file that is none. */
  marker(name: HostName): Promise<{ fence: StoredFence | null; step: StepMarker | null }>
  /**
   * A long look, e.g. `docker logs --follow`: hands over each line of both outputs as it comes. The host ends the command when we leave:
   * by abort, by a lost connection, or after `limit_s` (default 4 hours).
   */
  follow(
    name: HostName,
    argv: Argv,
    onLine: (line: string, from: 'stdout' | 'stderr') => void,
    options: { signal?: AbortSignal; limit_s?: number },
  ): Promise<Exit>
  /** One look at everything, in one exec; `ports` in place of the host's own model port. Throws `host_command_unknown` when its end was not heard. */
  facts(name: HostName, signal?: AbortSignal, ports?: readonly number[], extent?: FactsExtent): Promise<HostFacts>
  /** The same hosts, entered as another user of theirs. Belongs to these, and is closed with them. */
  as(user: string): Pick<Hosts, 'look' | 'change' | 'facts'>
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * The wrapper of a followed command: its standard input closes when we leave, whatever the reason, and then the command must end.
 * The whole group of `timeout` is told, for it forgets its child when it is told in the moment of its start.
 */
const whileListenedTo = `
limit=$1
shift
exec 3<&0
timeout -k 5 "$limit" "$@" </dev/null 3<&- &
command=$!
{ cat <&3; kill -s TERM -- "-$command" || kill "$command"; } >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait "$command"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`
/** Beyond the host's own limit we listen so many seconds more: 5 for `timeout -k`, the rest for a slow network. */
const grace_s = 15
const seconds = (limit: number): string => String(Math.max(1, Math.ceil(limit)))

/** All hosts of the cluster, which is read anew at each use. `keysDir` has our key and known_hosts. The caller owns the result and closes it. */
export function createHosts({ cluster, keysDir, timing = usualTiming }: { cluster: () => Cluster; keysDir: string; timing?: SshTiming }): Hosts {
  const connections = new Map<string, HostConnection>()
  const others = new Map<string, Hosts>()

  function host(name: HostName): Host {
    const found = cluster().hosts.find((one) => one.name === name)
    if (found === undefined) throw new HostError('unknown_host', name)
    return found
  }

  /** A host whose address changed in cluster.yaml is another connection. */
  function connectionTo(target: Host): HostConnection {
    const key = `${target.name} ${target.user}@${target.address}:${target.port}`
    const open = connections.get(key)
    if (open !== undefined) return open
    for (const [old, connection] of connections) {
      if (!old.startsWith(`${target.name} `)) continue
      connections.delete(old)
      void connection.close()
    }
    const connection = new HostConnection(() => logIn(target, keysDir, timing))
    connections.set(key, connection)
    return connection
  }

  async function run(target: Host, command: string, options: ChannelOptions): Promise<Exit> {
    try {
      return await connectionTo(target).run(command, options)
    } catch (error) {
      if (error instanceof NoChannel) throw new HostError('host_unreachable', target.name, error.message)
      throw error
    }
  }

  async function look(name: HostName, argv: Argv, { limit_s = 30, stdin, signal }: LookOptions = {}): Promise<Exit> {
    const exit = await run(host(name), `timeout -k 5 ${seconds(limit_s)} ${quote(argv)}`, { listen_s: limit_s + grace_s, stdin, signal })
    const { stdout, stderr } = exit
    if (exit.kind === 'exited' && exit.code === 124)
      return { kind: 'unknown', reason: `it was ended after its limit of ${seconds(limit_s)} s`, stdout, stderr }
    return exit
  }

  async function change(name: HostName, mark: Mark, argv: Argv, { limit_s, wait_s = 30, stdin, signal, marker }: ChangeOptions): Promise<Exit> {
    const target = host(name)
    const nonce = randomBytes(9).toString('hex')
    const command = fencedCommand({ stateDir: target.stateDir, mark, marker, argv, waitS: wait_s, limitS: limit_s, nonce })
    const exit = await run(target, command, { listen_s: wait_s + limit_s + grace_s, stdin, signal })
    const verdict = readVerdict(nonce, exit.stdout)
    switch (verdict.kind) {
      case 'ran':
        return { kind: 'exited', code: verdict.code, stdout: verdict.stdout, stderr: exit.stderr }
      case 'refused':
        throw new HostError(refusals[verdict.refusal], name, verdict.detail)
      case 'unknown':
        return { kind: 'unknown', reason: exit.kind === 'unknown' ? exit.reason : verdict.reason, stdout: verdict.stdout, stderr: exit.stderr }
    }
  }

  /** A look of ours whose whole output is needed. Tried twice: the first may only find out that the host was restarted since the last look. */
  async function whole(target: Host, command: string, limit_s: number, signal?: AbortSignal): Promise<string> {
    const once = (): Promise<Exit> => run(target, command, { listen_s: limit_s + grace_s, signal })
    const first = await once()
    const exit = first.kind === 'unknown' && first.reason === connectionBroke ? await once() : first
    if (exit.kind === 'unknown') throw new HostError('host_command_unknown', target.name, exit.reason)
    if (exit.code !== 0) throw new HostError('host_command_failed', target.name, (exit.stderr.trim() || `exit ${exit.code}`).slice(0, 300))
    return exit.stdout
  }

  return {
    host,
    look,
    change,
    hold: async (name, mark, options) => hold(run, host(name), mark, options),
    ready: async (name, mark, argv, options) => ready(run, host(name), mark, argv, options),
    async endHolds(name, fence) {
      const target = host(name)
      const exit = await run(target, releaseCommand(target.stateDir, fence, null), { listen_s: grace_s })
      if (exit.kind === 'unknown') throw new HostError('host_command_unknown', name, exit.reason)
    },
    async raiseFence(name, mark, signal) {
      const exit = await change(name, mark, [], { limit_s: 1, signal })
      if (exit.kind === 'unknown') throw new HostError('host_command_unknown', name, exit.reason)
    },
    async takeOver(name) {
      const target = host(name)
      const nonce = randomBytes(9).toString('hex')
      const command = takeoverCommand({ stateDir: target.stateDir, clusterId: cluster().clusterId, waitS: 60, nonce })
      const exit = await run(target, command, { listen_s: 60 + grace_s })
      const verdict = readVerdict(nonce, exit.stdout)
      if (verdict.kind === 'refused') throw new HostError(refusals[verdict.refusal], name, verdict.detail)
      if (verdict.kind === 'unknown') throw new HostError('host_command_unknown', name, verdict.reason)
    },
    async marker(name) {
      const target = host(name)
      const state = readState(await whole(target, stateCommand(target), 10))
      if (state === null) throw new HostError('host_command_failed', name, 'it did not come to its end')
      if (state.fenceTrouble !== null) throw new HostError('fence_unwritable', name, state.fenceTrouble)
      return { fence: state.fence, step: state.marker }
    },
    follow(name, argv, onLine, { signal, limit_s = 14_400 }) {
      const command = `${shellScript(whileListenedTo, 'spark-follow', seconds(limit_s))} ${quote(argv)}`
      return run(host(name), command, { listen_s: limit_s + grace_s, holdStdin: true, signal, onLine })
    },
    async facts(name, signal, ports, extent) {
      const target = host(name)
      const facts = readFacts(await whole(target, factsCommand(target, ports, extent), factsLimit_s, signal))
      if (facts === null) throw new HostError('host_command_failed', name, 'the look did not come to its end')
      return facts
    },
    as(user) {
      const known = others.get(user)
      if (known !== undefined) return known
      const entered = (): Cluster => ({ ...cluster(), hosts: cluster().hosts.map((one) => ({ ...one, user })) })
      const other = createHosts({ cluster: entered, keysDir, timing })
      others.set(user, other)
      return other
    },
    async close() {
      const open = [...connections.values(), ...others.values()]
      connections.clear()
      others.clear()
      await Promise.all(open.map((connection) => connection.close()))
    },
  }
}
