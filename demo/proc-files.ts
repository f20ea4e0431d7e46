import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { procNetTcp } from './listeners.ts'
import type { Machine } from './machine.ts'

const cpus = 20
const sector = 512
/** What an idle Spark does each second, in bytes. */
const idle = { read: 2_000, written: 40_000, received: 2_000, sent: 1_500 }
/** Weights come from the disk at this pace. */
const loading = 2_500_000_000
const serving = { received: 20_000, sent: 60_000 }
const short_kb = 4 * 1024 * 1024

/** One process, as its `cmdline` tells of it. */
export interface SeenProcess {
  readonly pid: number
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The files below the host's own `/proc` that change by themselves. Counters grow with what the host does, from its boot on. */
export class ProcFiles {
  readonly #machine: Machine
  readonly #processes: () => readonly SeenProcess[]
  #bootedAt = Date.now()
  #countedAt = Date.now()
  #counted = { read: 0, written: 0, received: 0, sent: 0, busy_s: 0 }

  constructor(machine: Machine, processes: () => readonly SeenProcess[]) {
    this.#machine = machine
    this.#processes = processes
  }

  /** All counters begin anew. */
  boot(): void {
    this.#bootedAt = this.#countedAt = Date.now()
    this.#counted = { read: 0, written: 0, received: 0, sent: 0, busy_s: 0 }
    this.refresh()
  }

  /** Writes all of them as they are now. */
  refresh(): void {
    this.#count()
    const { disk, memory } = this.#machine
    const engines = [...this.#machine.engines]
    const [work, load] = [engines.some(({ isAtWork }) => isAtWork), engines.some(({ isLoading }) => isLoading)]
    const short = memory.available_kb() < short_kb
    disk.write('/proc/uptime', `${this.#uptime_s().toFixed(2)} ${(this.#uptime_s() * (cpus - 1)).toFixed(2)}\n`)
    disk.write('/proc/loadavg', `${work ? '1.84' : '0.21'} ${work ? '1.20' : '0.18'} 0.15 ${work ? '3' : '1'}/1024 5000000\n`)
    disk.write('/proc/pressure/cpu', pressure(work ? 1.35 : 0, null))
    disk.write('/proc/pressure/memory', pressure(short ? 34.12 : 0, short ? 12.5 : 0))
    disk.write('/proc/pressure/io', pressure(load ? 8.2 : 0.05, load ? 6.1 : 0.02))
    disk.write('/proc/stat', this.#stat())
    disk.write('/proc/diskstats', this.#diskstats())
    disk.write('/proc/net/dev', this.#netDev())
    disk.write('/proc/net/tcp', procNetTcp(this.#machine))
    disk.write('/proc/net/tcp6', '  sl  local_address                         remote_address                        st\n')
    this.#writeProcesses()
  }

  #uptime_s(): number {
    return (Date.now() - this.#bootedAt) / 1000
  }

  #count(): void {
    const over_s = (Date.now() - this.#countedAt) / 1000
    this.#countedAt = Date.now()
    const engines = [...this.#machine.engines]
    const load = engines.some(({ isLoading }) => isLoading)
    const work = engines.some(({ isAtWork, isLoading }) => isAtWork && !isLoading)
    this.#counted.read += over_s * (idle.read + (load ? loading : 0))
    this.#counted.written += over_s * idle.written
    this.#counted.received += over_s * (idle.received + (work ? serving.received : 0))
    this.#counted.sent += over_s * (idle.sent + (work ? serving.sent : 0))
    this.#counted.busy_s += over_s * (work || load ? 1.5 : 0.1)
  }

  #stat(): string {
    const ticks = (seconds: number): string => String(Math.round(seconds * 100))
    const row = (name: string, share: number): string =>
      `${name} ${ticks(this.#counted.busy_s * share)} 0 ${ticks(this.#uptime_s() * 0.01 * cpus * share)} ${ticks((this.#uptime_s() * cpus - this.#counted.busy_s) * share)} 0 0 0 0 0 0\n`
    const boot_s = Math.floor((this.#bootedAt + this.#machine.clock.off_ms) / 1000)
    return `${row('cpu', 1)}${Array.from({ length: cpus }, (_, at) => row(`cpu${String(at)}`, 1 / cpus)).join('')}ctxt 184000\nbtime ${String(boot_s)}\nprocesses 4200\nprocs_running 1\nprocs_blocked 0\n`
  }

  #diskstats(): string {
    const sectors = (bytes: number): string => String(Math.round(bytes / sector))
    const { read, written } = this.#counted
    const row = (minor: number, name: string): string =>
      ` 259       ${String(minor)} ${name} ${sectors(read / 256)} 0 ${sectors(read)} 120 ${sectors(written / 8)} 0 ${sectors(written)} 300 0 400 420 0 0 0 0 0 0\n`
    return `   7       0 loop0 12 0 96 1 0 0 0 0 0 2 1 0 0 0 0 0 0\n${row(0, 'nvme0n1')}${row(2, 'nvme0n1p2')}`
  }

  #netDev(): string {
    const row = (name: string, received: number, sent: number): string =>
      `${name.padStart(6)}: ${String(Math.round(received))} ${String(Math.round(received / 900))} 0 0 0 0 0 0 ${String(Math.round(sent))} ${String(Math.round(sent / 900))} 0 0 0 0 0 0\n`
    const { received, sent } = this.#counted
    const heads =
      'Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n'
    return `${heads}${row('lo', 40_000, 40_000)}${row('enP7s7', received, sent)}${row('enp1s0f1np1', 0, 0)}${row('docker0', 0, 0)}`
  }

  #writeProcesses(): void {
    const proc = this.#machine.disk.path('/proc/meminfo').replace(/meminfo$/, '')
    const orphans = [...this.#machine.orphans].map(([pid, env]) => ({ pid, words: ['VLLM::EngineCore'], env }))
    const there = [...this.#processes(), ...orphans]
    const names = there.map(({ pid }) => String(pid))
    for (const name of readdirSync(proc)) if (/^5\d{6}$/.test(name) && !names.includes(name)) rmSync(join(proc, name), { recursive: true })
    for (const { pid, words, env } of there) {
      mkdirSync(join(proc, String(pid)), { recursive: true })
      writeFileSync(join(proc, String(pid), 'cmdline'), words.map((word) => `${word}\0`).join(''))
      const variables = Object.entries(env).map(([key, value]) => `${key}=${value}\0`)
      writeFileSync(join(proc, String(pid), 'environ'), variables.join(''))
    }
  }
}

function pressure(some: number, full: number | null): string {
  const row = (kind: string, share: number): string =>
    `${kind} avg10=${share.toFixed(2)} avg60=${(share * 0.7).toFixed(2)} avg300=${(share * 0.2).toFixed(2)} total=${String(Math.round(share * 10_000))}\n`
  return `${row('some', some)}${row('full', full ?? 0)}`
}
