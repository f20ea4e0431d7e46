import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('watchdog.sh', import.meta.url))

/**
 * Keeps the promise that no process outlives this one, even when this one is killed with SIGKILL.
 * Owns a small shell process that hears of our end by its stdin closing; if that shell is killed, another takes its place.
 */
export class Watchdog {
  readonly #groups = new Set<number>()
  #shell: ChildProcess | null = null
  #closed = false

  /** Adds a process group (the pid of a child that was spawned `detached`): it is ended when we are gone. */
  guard(group: number): void {
    this.#groups.add(group)
    this.#write(`+${group}`)
  }

  /** Call when the group is empty, so that a later process with the same number is left alone. */
  release(group: number): void {
    this.#groups.delete(group)
    this.#write(`-${group}`)
  }

  /** Ends the shell. Groups still guarded are ended with it, by its rules (SIGTERM, then SIGKILL after 5 s). */
  close(): void {
    this.#closed = true
    this.#shell?.stdin?.end()
    this.#shell = null
  }

  #write(line: string): void {
    if (this.#shell) this.#shell.stdin?.write(`${line}\n`)
    else if (this.#groups.size > 0) this.#shell = this.#start()
  }

  #start(): ChildProcess {
    const shell = spawn('/bin/sh', [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    shell.stdin.on('error', () => undefined) // EPIPE: its exit is handled below
    shell.once('exit', () => {
      if (this.#shell !== shell || this.#closed) return
      this.#shell = this.#groups.size > 0 ? this.#start() : null
    })
    shell.unref()
    for (const group of this.#groups) shell.stdin.write(`+${group}\n`)
    return shell
  }
}
