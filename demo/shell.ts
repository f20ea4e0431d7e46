import { spawn } from 'node:child_process'
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { HostDisk } from './disk.ts'

const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].filter((path) => existsSync(path))

/** Commands that are never this machine's own when the host has none. */
const neverTheMachines = /^(docker|podman|nvidia-smi|containerd|ctr$|nerdctl)/

/**
 * The host's shell: runs a command's text by a real `/bin/sh -c`, as sshd does, with the host's stand-ins first on PATH.
 * Owns the processes it started: they outlive their connection, and die with the host.
 */
export class Shell {
  readonly #disk: HostDisk
  readonly #user: string
  readonly #settle_s: number
  readonly #children = new Set<ChildProcess>()
  #path: string
  diskFull = false
  /** Called before a command that may look at what changes by itself. */
  beforeLook: () => void = () => undefined

  constructor(disk: HostDisk, user: string, settle_s: number) {
    this.#disk = disk
    this.#user = user
    this.#settle_s = settle_s
    this.#path = [disk.bin, disk.dockerBin, ...systemPath].join(':')
  }

  /** What every process of this host has in its environment. By `DEMO_HOST` its processes are found again. */
  environment(): Record<string, string> {
    return {
      HOME: this.#disk.home,
      USER: this.#user,
      LOGNAME: this.#user,
      SHELL: '/bin/sh',
      LANG: 'C.UTF-8',
      PATH: this.#path,
      DEMO_HOST: this.#disk.alias,
      DEMO_SETTLE_S: String(this.#settle_s),
    }
  }

  /** Starts a command in a process group of its own. */
  run(command: string): ChildProcessWithoutNullStreams {
    if (command.includes('/proc/')) this.beforeLook()
    const text = this.#disk.rewrite(command)
    // A full disk that works without root: no file can be written, pipes and sockets still can.
    const words = this.diskFull ? ['-c', `trap '' XFSZ; ulimit -f 0; exec /bin/sh -c "$1"`, 'sh', text] : ['-c', text]
    const child = spawn('/bin/sh', words, { cwd: this.#disk.home, env: this.environment(), detached: true, stdio: 'pipe' })
    this.owns(child)
    return child
  }

  /** Also this process dies with the host. */
  owns(child: ChildProcess): void {
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
  }

  /** From now on, or no longer, `docker` is a command that this host does not have; this machine's own is not found instead. */
  withoutDocker(missing: boolean): void {
    const rest = join(this.#disk.alias, 'system-bin')
    rmSync(rest, { recursive: true, force: true })
    if (missing) linkAll(systemPath, rest)
    this.#path = (missing ? [this.#disk.bin, rest] : [this.#disk.bin, this.#disk.dockerBin, ...systemPath]).join(':')
  }

  /** Kills every process of this host at once, also those that left their group. */
  killAll(): void {
    for (const child of this.#children) killGroup(child, 'SIGKILL')
    killMarked('DEMO_HOST', this.#disk.alias)
  }
}

/** Sends a signal to a child and its group, unless it has ended: its number may be somebody else's by then. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  kill(-child.pid, signal)
}

/**
 * Kills all processes that have this in their environment, in two rounds: the second one finds what was forked during the first. Where there is
 * no /proc, whoever left their group lives on.
 */
export function killMarked(name: string, value: string): void {
  for (let round = 1; round <= 2; round += 1) {
    for (const pid of existsSync('/proc/self/environ') ? readdirSync('/proc') : []) {
      if (/^\d+$/.test(pid) && Number(pid) !== process.pid && environmentOf(pid).includes(`${name}=${value}`)) kill(Number(pid), 'SIGKILL')
    }
  }
}

function linkAll(from: readonly string[], to: string): void {
  mkdirSync(to)
  const linked = new Set<string>()
  for (const dir of from) {
    for (const name of readdirSync(dir)) {
      if (linked.has(name) || neverTheMachines.test(name)) continue
      linked.add(name)
      symlinkSync(join(dir, name), join(to, name))
    }
  }
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return [] // it is gone, or another user's
  }
}

/** One that is gone is no error. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // gone already
  }
}
