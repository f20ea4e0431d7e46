import type { Call } from '../door.ts'
import type { Container } from './container.ts'
import type { DockerDaemon } from './daemon.ts'
import { DockerError, parseFlags } from './flags.ts'
import { environment } from './run.ts'

/** `docker stop`, `restart`: each container in turn; prints the names that it could do. */
export async function stop(daemon: DockerDaemon, call: Call, args: readonly string[], thenStart: boolean): Promise<number> {
  const flags = parseFlags(thenStart ? 'restart' : 'stop', { time: { short: 't' }, timeout: {}, signal: { short: 's' } }, args)
  const told = flags.last('time') ?? flags.last('timeout')
  return await each(daemon, call, flags.words, async (container) => {
    await daemon.stop(container, told === undefined ? (container.spec.stopTimeout_s ?? 10) : Number(told))
    if (!thenStart) return
    container.stoppedByHand = false
    daemon.start(container)
  })
}

/** `docker start`. */
export async function start(daemon: DockerDaemon, call: Call, args: readonly string[]): Promise<number> {
  return await each(daemon, call, parseFlags('start', {}, args).words, (container) => {
    container.stoppedByHand = false
    daemon.start(container)
  })
}

/** `docker kill`. */
export async function killAll(daemon: DockerDaemon, call: Call, args: readonly string[]): Promise<number> {
  const flags = parseFlags('kill', { signal: { short: 's' } }, args)
  const name = flags.last('signal') ?? 'KILL'
  // The daemon knows no signal that Node does not.
  const signal = (name === '9' ? 'SIGKILL' : name === '15' ? 'SIGTERM' : `SIG${name.replace(/^SIG/, '')}`) as NodeJS.Signals
  return await each(daemon, call, flags.words, (container) => daemon.kill(container, signal))
}

/** `docker rm`. With `--force`, one that is not there is no error, as of Docker 23. */
export async function remove(daemon: DockerDaemon, call: Call, args: readonly string[]): Promise<number> {
  const flags = parseFlags('rm', { force: { short: 'f', bare: true }, volumes: { short: 'v', bare: true }, link: { short: 'l', bare: true } }, args)
  const force = flags.has('force')
  if (!force) return await each(daemon, call, flags.words, (container) => daemon.remove(container, false))
  const there = flags.words.filter((name) => daemon.find(name))
  for (const name of flags.words.filter((word) => !there.includes(word))) call.err(`Error response from daemon: No such container: ${name}\n`)
  return there.length > 0 ? await each(daemon, call, there, (container) => daemon.remove(container, true)) : 0
}

/** `docker wait`: prints the exit code of each, when it has ended. */
export async function waitFor(daemon: DockerDaemon, call: Call, args: readonly string[]): Promise<number> {
  for (const container of parseFlags('wait', {}, args).words.map((name) => daemon.get(name))) {
    await container.ended
    call.out(`${String(container.exitCode)}\n`)
  }
  return 0
}

/** `docker exec`: with `--detach` 0 at once, whatever becomes of it; otherwise the command's own exit code. */
export async function exec(daemon: DockerDaemon, call: Call, args: readonly string[]): Promise<number> {
  const flags = parseFlags(
    'exec',
    {
      detach: { short: 'd', bare: true },
      env: { short: 'e' },
      'env-file': {},
      interactive: { short: 'i', bare: true },
      privileged: { bare: true },
      tty: { short: 't', bare: true },
      user: { short: 'u' },
      workdir: { short: 'w' },
    },
    args,
    true,
  )
  const [name, ...argv] = flags.words
  if (name === undefined || argv.length === 0) throw new DockerError('"docker exec" requires at least 2 arguments.')
  if (flags.has('tty')) throw new DockerError('the input device is not a TTY')
  const container = daemon.get(name)
  const toLog = (text: string): void => container.log.write('out', text)
  const nowhere = (): void => undefined
  const io = flags.has('detach')
    ? { out: nowhere, err: nowhere, toLog }
    : {
        out: (text: string) => call.out(text),
        err: (text: string) => call.err(text),
        toLog,
        ...(flags.has('interactive') && { stdin: call.stdin() }),
      }
  const program = daemon.exec(container, argv, environment(flags, call), io)
  if (flags.has('detach')) return 0
  return await program.exited
}

/** `docker top`: the processes of a container. Of ps's formats it knows `-eo pid,args` and the usual one. */
export function top(daemon: DockerDaemon, call: Call, args: readonly string[]): number {
  const [name, ...options] = args
  if (name === undefined) throw new DockerError('"docker top" requires at least 1 argument.')
  const container = daemon.get(name)
  if (!container.running) throw new DockerError(`Error response from daemon: Container ${container.id} is not running`)
  const processes = container.programs.flatMap((program) => program.processes())
  const bare = options.join(' ').includes('pid,args')
  const rows = bare
    ? ['    PID COMMAND', ...processes.map(({ pid, command }) => `${String(pid)} ${command}`)]
    : [
        'UID   PID   PPID   C   STIME   TTY   TIME   CMD',
        ...processes.map(({ pid, command }) => `root   ${String(pid)}   1   0   08:00   ?   00:00:01   ${command}`),
      ]
  call.out(rows.map((row) => `${row}\n`).join(''))
  return 0
}

async function each(
  daemon: DockerDaemon,
  call: Call,
  names: readonly string[],
  act: (container: Container) => void | Promise<void>,
): Promise<number> {
  if (names.length === 0) throw new DockerError(`"docker ${call.args[0] ?? ''}" requires at least 1 argument.`)
  let code = 0
  for (const name of names) {
    try {
      await act(daemon.get(name))
      call.out(`${name}\n`)
    } catch (error) {
      if (!(error instanceof DockerError)) throw error
      call.err(`${error.message}\n`)
      code = 1
    }
  }
  return code
}
