import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { demoModels, storedOf } from './catalog.ts'
import { HostDisk } from './disk.ts'
import { DockerDaemon } from './docker/daemon.ts'
import { Door } from './door.ts'
import { EventLog } from './events.ts'
import { Fabric } from './fabric/fabric.ts'
import type { FabricHost } from './fabric/fabric.ts'
import { hostTools } from './host-tools.ts'
import { fingerprint } from './keys.ts'
import { installLauncher, writeClusterEnv } from './launcher.ts'
import type { LauncherGeneration } from './launcher.ts'
import { firstPid } from './machine.ts'
import type { Behaviour, Machine } from './machine.ts'
import { Memory, sparkMemory } from './memory.ts'
import type { MemorySize } from './memory.ts'
import { Pace } from './pace.ts'
import { givePort, keepPort } from './ports.ts'
import { seed, storeModel } from './seed.ts'
import type { StoredModel } from './seed.ts'
import { Shell } from './shell.ts'
import { SshServer } from './ssh-server.ts'

export interface DemoHostOptions {
  readonly name: string
  /** Everything of the host lives here; made if missing. */
  readonly dir: string
  /** Lines for authorized_keys. */
  readonly authorizedKeys: readonly string[]
  readonly user?: string
  /** 0: any free port. Another one that is taken is replaced by a free one. */
  readonly sshPort?: number
  readonly vllmPort?: number
  /** How many times faster than a real Spark all but loading is: 0.05 for tests. */
  readonly timeScale?: number
  readonly load_s?: Behaviour['load_s']
  readonly completion_s?: number
  readonly slowWarm_s?: number
  readonly stopHang?: Partial<Behaviour['stopHang']>
  readonly memory?: Partial<MemorySize>
  /** Weights on its disk: names are complete ones. Default: the demo catalog's. */
  readonly models?: readonly (string | StoredModel)[]
  readonly images?: readonly string[]
  /** The fast link to other Sparks; without one it is alone. */
  readonly fabric?: Fabric
  /** Which spark-vllm-docker it has. Default: that of autumn 2026. */
  readonly launcher?: LauncherGeneration
  /** Does the launcher's `.env` name the Sparks of the fabric? Default: yes. */
  readonly clusterEnv?: boolean
  readonly download?: Partial<Behaviour['download']>
  /** Whose words the start-up log of its engines has. */
  readonly wording?: Behaviour['wording']
}

/** One simulated DGX Spark on loopback. Whoever starts it owns it, and closes it. */
export class DemoHost implements FabricHost {
  readonly name: string
  readonly user: string
  readonly dir: string
  readonly sshPort: number
  readonly vllmPort: number
  readonly eventsFile: string
  /** Where the other Sparks reach it. */
  readonly fabricAddress: string
  readonly #machine: Machine & { behaviour: Behaviour }
  readonly #disk: HostDisk
  readonly #shell: Shell
  readonly #daemon: DockerDaemon
  readonly #door: Door
  readonly #ssh: SshServer
  readonly #clusterEnv: boolean
  #isOn = false
  #isCut = false

  constructor(options: DemoHostOptions, sshPort: number, vllmPort: number) {
    this.name = options.name
    this.sshPort = sshPort
    this.user = options.user ?? 'spark'
    this.vllmPort = vllmPort
    const pace = new Pace(options.timeScale ?? 1)
    const disk = new HostDisk(options.dir)
    seed(
      disk,
      (options.models ?? demoModels.flatMap(storedOf)).map((model) => (typeof model === 'string' ? { model, complete: true } : model)),
    )
    installLauncher(disk, options.launcher ?? 'autumn')
    this.#clusterEnv = (options.clusterEnv ?? true) && options.launcher !== 'none' && options.launcher !== 'january'
    writeFileSync(join(disk.dir, 'ssh', 'authorized_keys'), options.authorizedKeys.map((key) => `${key.trim()}\n`).join(''), { mode: 0o600 })
    this.dir = disk.dir
    this.#disk = disk
    this.#shell = new Shell(disk, this.user, 2 * pace.scale)
    const events = new EventLog(join(disk.dir, 'events.jsonl'))
    this.eventsFile = events.file
    const fabric = options.fabric ?? new Fabric()
    this.fabricAddress = fabric.nextAddress()
    let pid = firstPid
    this.#machine = {
      name: this.name,
      pace,
      events,
      disk,
      memory: new Memory(disk, pace, { ...sparkMemory, ...options.memory }),
      shell: this.#shell,
      behaviour: {
        load_s: options.load_s ?? { min: 5, max: 20 },
        completion_s: options.completion_s ?? 0.4,
        slowWarm_s: options.slowWarm_s ?? 8,
        agony_s: 4,
        gather_s: 600,
        wording: options.wording ?? '2026',
        wedged: false,
        download: { bytes: 3_000_000, takes_s: 6, stallsAt: null, ...options.download },
        stopHang: { killWorks: true, endsAfter_s: null, ...options.stopHang },
      },
      boundPorts: new Map(),
      engines: new Set(),
      services: new Map(),
      fabric,
      self: this,
      nextPid: () => (pid += 1),
    }
    this.#daemon = new DockerDaemon(this.#machine, options.images ?? ['vllm-node', 'vllm/vllm-openai', 'nvcr.io/nvidia/vllm:25.11-py3'])
    this.#door = new Door(hostTools(this.#machine, this.#daemon, (again) => void this.powerOff().then(() => (again ? this.powerOn() : undefined))))
    this.#ssh = new SshServer(disk, this.#shell, events, this.user)
    fabric.plugIn(this)
  }

  /** `ssh-ed25519 AAAA…` of the host's key. */
  get hostKey(): string {
    return this.#ssh.publicKey
  }

  get fingerprint(): string {
    return fingerprint(this.#ssh.publicKey)
  }

  get home(): string {
    return this.#disk.home
  }

  get ownPublicKey(): string {
    return readFileSync(join(this.#disk.home, '.ssh', 'id_ed25519.pub'), 'utf8').trim()
  }

  get linked(): boolean {
    return this.#isOn && !this.#isCut
  }

  meet(others: readonly FabricHost[]): void {
    const file = join(this.dir, 'ssh', 'authorized_keys')
    const known = readFileSync(file, 'utf8')
    for (const { ownPublicKey } of others) if (!known.includes(ownPublicKey)) appendFileSync(file, `${ownPublicKey}\n`)
    if (others.length > 0 && this.#clusterEnv) {
      const all = [this, ...others].map(({ fabricAddress }) => fabricAddress)
      writeClusterEnv(this.#disk, this.fabricAddress, all.sort())
    }
  }

  /** Pulls the cable of the fast link, or puts it back. SSH from outside goes on. */
  cutFabric(cut: boolean): void {
    this.#machine.events.write('fault', { fault: cut ? 'fabric_cut' : 'fabric_back' })
    this.#isCut = cut
  }

  /** Something beside the models listens on this port: `ss` and `/proc/net/tcp` show it. */
  tellOfService(port: number, process: string): void {
    this.#machine.services.set(port, process)
  }

  /** Another spark-vllm-docker from now on. */
  installLauncher(generation: LauncherGeneration): void {
    installLauncher(this.#disk, generation)
  }

  /** Changes how engines behave from now on. */
  behave(change: Partial<Behaviour>): void {
    Object.assign(this.#machine.behaviour, change)
  }

  /** Powers it on: a new boot id, SSH on its port, containers with a restart policy up again. */
  async powerOn(): Promise<void> {
    this.#shell.killAll() // of a run before this one that was killed
    this.#disk.write('/proc/sys/kernel/random/boot_id', `${randomUUID()}\n`)
    this.#disk.write('/proc/sys/vm/drop_caches', '0\n')
    this.#machine.memory.reset()
    await this.#door.open(this.#disk)
    this.#daemon.boot()
    await this.#ssh.listen(this.sshPort)
    this.#isOn = true
    this.#machine.events.write('boot', { host: this.name, ssh_port: this.sshPort })
  }

  /** A power cut: nothing says goodbye, nothing is left running; the disk stays. */
  async powerOff(): Promise<void> {
    this.#machine.events.write('power_off', { host: this.name })
    this.#isOn = false
    const stopped = this.#ssh.stop()
    this.#shell.killAll()
    this.#daemon.powerCut()
    this.#machine.memory.reset()
    await Promise.all([stopped, this.#door.close()])
  }

  /** Ends the host for good; its directory stays. */
  async close(): Promise<void> {
    const off = this.powerOff()
    this.#machine.fabric.unplug(this)
    this.#disk.close() // not after waiting: whoever closes may be short of time
    await off
    givePort(this.sshPort)
    givePort(this.vllmPort)
  }

  /** Resets all SSH connections; commands that run in them live on. */
  cutConnections(): void {
    this.#machine.events.write('fault', { fault: 'cut' })
    this.#ssh.cut()
  }

  /** Accepts connections and answers nothing, or wakes again. Containers go on. */
  freeze(frozen: boolean): void {
    this.#machine.events.write('fault', { fault: frozen ? 'freeze' : 'thaw' })
    this.#ssh.freeze(frozen)
  }

  /** A reinstalled host: cuts all connections, and greets with another key. */
  async changeHostKey(): Promise<void> {
    this.#machine.events.write('fault', { fault: 'host_key' })
    await this.#ssh.stop()
    this.#ssh.changeKey()
    await this.#ssh.listen(this.sshPort)
  }

  /** No shell command can write a file, `df` shows nothing left, `docker run` fails. Files that are there can't be overwritten either. */
  fillDisk(): void {
    this.#shell.diskFull = true
    writeFileSync(join(this.dir, 'disk-full'), '')
  }

  emptyDisk(): void {
    this.#shell.diskFull = false
    rmSync(join(this.dir, 'disk-full'), { force: true })
  }

  /** `docker` is not installed; containers go on. */
  removeDocker(): void {
    this.#shell.withoutDocker(true)
  }

  restoreDocker(): void {
    this.#shell.withoutDocker(false)
  }

  /** Something else takes this much memory; 0 gives it back. */
  takeMemory(gib: number): void {
    this.#machine.memory.takeAway(gib)
  }

  /** Puts a model's files on its disk. */
  storeModel(model: string, complete = true): void {
    storeModel(this.#disk, { model, complete })
  }

  /** Kills one of the processes of whatever engine runs: its API server (the core lives on), or its core. False when there is none. */
  killEngine(part: 'server' | 'core'): boolean {
    const pids = [...this.#machine.engines].flatMap((engine) =>
      engine.processes().filter(({ command }) => command.startsWith('VLLM::') === (part === 'core')),
    )
    return pids.map(({ pid }) => this.#daemon.killProcess(pid)).some(Boolean)
  }

  /** The host's own file behind a path such as `/var/lib/spark-control/fence`. */
  file(path: string): string {
    return this.#disk.path(path.replace(/^~/, this.#disk.home))
  }

  pathOf(path: string): string {
    return this.file(path)
  }
}

/** Makes a host and powers it on. Ports that were asked for and are taken are replaced by free ones. */
export async function startDemoHost(options: DemoHostOptions): Promise<DemoHost> {
  const sshPort = await keepPort(options.sshPort ?? 0)
  const wished = options.sshPort ?? 0
  // A taken SSH port is another demo's: it will want the usual model port too, though nothing serves there yet.
  const vllmPort = await keepPort(wished === 0 || wished === sshPort ? (options.vllmPort ?? 0) : 0)
  const host = new DemoHost(options, sshPort, vllmPort)
  await host.powerOn()
  return host
}
