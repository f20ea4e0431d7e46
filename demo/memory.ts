import type { HostDisk } from './disk.ts'
import type { Pace } from './pace.ts'

/** GiB that CUDA sees on a GB10; `--gpu-memory-utilization` is a share of this. */
export const cudaTotal_gib = 121.63
const kb_in_gib = 1024 * 1024
const return_steps = 8

export interface MemorySize {
  readonly total_kb: number
  readonly idleAvailable_kb: number
  /** How long memory takes to come back after a process died, in seconds of a real Spark. */
  readonly return_s: number
}

export const sparkMemory: MemorySize = { total_kb: 127_600_748, idleAvailable_kb: 118_500_000, return_s: 2 }

/**
 * The one pool that CPU and GPU share. It is told who holds what, and keeps `/proc/meminfo` in step. What a dead process held comes back
 * only by and by, as on a real Spark: whoever launches right after a stop finds too little.
 */
export class Memory {
  readonly #disk: HostDisk
  readonly #pace: Pace
  readonly #size: MemorySize
  readonly #held_kb = new Map<number, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #returning_kb = 0
  #taken_kb = 0

  constructor(disk: HostDisk, pace: Pace, size: MemorySize) {
    this.#disk = disk
    this.#pace = pace
    this.#size = size
    this.#show()
  }

  available_kb(): number {
    const held = [...this.#held_kb.values()].reduce((sum, kb) => sum + kb, 0)
    return Math.max(0, this.#size.idleAvailable_kb - held - this.#returning_kb - this.#taken_kb)
  }

  free_gib(): number {
    return this.available_kb() / kb_in_gib
  }

  /** The process now holds this much in all. */
  hold(pid: number, gib: number): void {
    this.#held_kb.set(pid, Math.round(gib * kb_in_gib))
    this.#show()
  }

  /** The process is gone; its memory returns over the next seconds. */
  release(pid: number): void {
    const held = this.#held_kb.get(pid)
    if (held === undefined) return
    this.#held_kb.delete(pid)
    this.#returning_kb += held
    for (let step = 1; step <= return_steps; step += 1) {
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer)
          this.#returning_kb = Math.max(0, this.#returning_kb - held / return_steps)
          if (this.#timers.size === 0) this.#returning_kb = 0
          this.#show()
        },
        (this.#pace.ms(this.#size.return_s) * step) / return_steps,
      )
      this.#timers.add(timer.unref())
    }
    this.#show()
  }

  /** Processes that hold GPU memory, as `nvidia-smi --query-compute-apps` lists them. */
  holders(): { pid: number; used_mib: number }[] {
    return [...this.#held_kb].map(([pid, kb]) => ({ pid, used_mib: Math.round(kb / 1024) }))
  }

  /** Something outside all models takes this much (0 gives it back). For tests of the memory gate. */
  takeAway(gib: number): void {
    this.#taken_kb = Math.round(gib * kb_in_gib)
    this.#show()
  }

  /** All empty, as after a boot. */
  reset(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
    this.#held_kb.clear()
    this.#returning_kb = 0
    this.#show()
  }

  #show(): void {
    const available = Math.round(this.available_kb())
    const rows = {
      MemTotal: this.#size.total_kb,
      MemFree: Math.round(available * 0.96),
      MemAvailable: available,
      Buffers: 241_132,
      Cached: Math.round(available * 0.03),
      SwapCached: 0,
      SwapTotal: 16_777_212,
      SwapFree: 16_777_212,
    }
    const lines = Object.entries(rows).map(([name, kb]) => `${`${name}:`.padEnd(15)} ${String(kb).padStart(8)} kB\n`)
    this.#disk.write('/proc/meminfo', lines.join(''))
  }
}
