import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Machine } from '../machine.ts'
import { killGroup } from '../shell.ts'

/** How long a program that has exited may have its last words on the way. */
const outputGrace_ms = 200

/** `words` where they are more than `command` split at blanks. */
export interface ProcessRow {
  readonly pid: number
  readonly command: string
  readonly words?: readonly string[]
}

/** Anything that runs in a container: PID 1, or what an exec started. */
export interface Program {
  readonly pid: number
  readonly argv: readonly string[]
  /** The exit code, once it has ended; never rejects. */
  readonly exited: Promise<number>
  /** A model engine whose container `docker stop` cannot end. */
  readonly hangsAtStop: boolean
  /** What `docker top` shows of it. */
  processes(): ProcessRow[]
  signal(name: NodeJS.Signals): void
  /** `kill -9` of one of its processes; false when it is not its, or gone. */
  killProcess(pid: number): boolean
}

export interface ProgramIo {
  out(text: string): void
  err(text: string): void
  /** The container's own log, wherever the program's output goes: what `/proc/1/fd/1` is in there. */
  toLog(text: string): void
  readonly stdin?: Readable
}

/** `sleep infinity` and its like. As PID 1 it has no handler for SIGTERM, so the kernel drops it and only SIGKILL ends it. */
export function startSleep(machine: Machine, argv: readonly string[], isFirst: boolean): Program {
  const { promise, resolve } = Promise.withResolvers<number>()
  const seconds = Number(argv[1])
  const timer = Number.isFinite(seconds) ? setTimeout(() => resolve(0), seconds * 1000).unref() : undefined
  return oneProcess(machine, argv, promise, (name) => {
    if (isFirst && name !== 'SIGKILL') return
    clearTimeout(timer)
    resolve(name === 'SIGKILL' ? 137 : 143)
  })
}

/** A program that is over as soon as it began. */
export function endedProgram(machine: Machine, argv: readonly string[], code: number): Program {
  return {
    pid: machine.nextPid(),
    argv,
    exited: Promise.resolve(code),
    hangsAtStop: false,
    processes: () => [],
    signal: () => undefined,
    killProcess: () => false,
  }
}

/** A program of a single process. */
function oneProcess(machine: Machine, argv: readonly string[], exited: Promise<number>, signal: Program['signal']): Program {
  const pid = machine.nextPid()
  let over = false
  void exited.then(() => (over = true))
  return {
    pid,
    argv,
    exited,
    hangsAtStop: false,
    processes: () => (over ? [] : [{ pid, command: argv.join(' '), words: argv }]),
    signal,
    killProcess: (wanted) => {
      if (over || wanted !== pid) return false
      signal('SIGKILL')
      return true
    },
  }
}

/** Is there such a command on the container's PATH? */
export function isThere(command: string, path: string): boolean {
  const places = command.includes('/') ? [command] : path.split(delimiter).map((dir) => join(dir, command))
  return places.some((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * A real process of this machine, playing one in the container: how shells and small tools run there. Its text may name `/proc/1/fd/1`,
 * the container's log, which is file descriptor 3 here.
 */
export function startProcess(machine: Machine, argv: readonly string[], env: Readonly<Record<string, string>>, io: ProgramIo): Program {
  const [command = '', ...args] = argv.map((word) => machine.disk.rewrite(word).replace(/>>?\s*\/proc\/1\/fd\/[12]\b/g, '>&3'))
  const child = spawn(command, args, { cwd: machine.disk.home, env, detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
  const ended = Promise.withResolvers<number>()
  machine.shell.owns(child)
  child.stdin.on('error', () => undefined)
  if (io.stdin) io.stdin.pipe(child.stdin)
  else child.stdin.end()
  child.stdout.setEncoding('utf8').on('data', (text: string) => io.out(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => io.err(text))
  const log = child.stdio[3] as Readable | null // asked for as a pipe above
  log?.setEncoding('utf8').on('data', (text: string) => io.toLog(text))
  child.on('error', () => ended.resolve(127))
  child.on('exit', (code, signal) => {
    const exitCode = signal ? (signal === 'SIGKILL' ? 137 : 143) : (code ?? 255)
    child.on('close', () => ended.resolve(exitCode))
    setTimeout(() => ended.resolve(exitCode), outputGrace_ms).unref() // somebody in the background holds its output
  })
  return oneProcess(machine, argv, ended.promise, (name) => {
    if (name === 'SIGKILL') killGroup(child, name)
    else child.kill(name)
  })
}
