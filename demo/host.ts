import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { demoModels, storedOf } from './catalog.ts'
import { HostDisk } from './disk.ts'
import { dockerTool } from './docker/cli.ts'
import { DockerDaemon } from './docker/daemon.ts'
import { setDate } from './clock.ts'
import { Door, runTool } from './door.ts'
import { EventLog } from './events.ts'
import { Fabric } from './fabric/fabric.ts'
import type { FabricHost } from './fabric/fabric.ts'
import { storeFolder } from './folders.ts'
import type { FolderKind } from './folders.ts'
import { handMade, makeMess } from './furnish.ts'
import { machineOf, paceOf } from './host-options.ts'
import type { DemoHostOptions } from './host-options.ts'
import { ProcFiles } from './proc-files.ts'
import { hostTools } from './host-tools.ts'
import { fingerprint } from './keys.ts'
import { installLauncher, writeClusterEnv } from './launcher.ts'
import type { LauncherGeneration } from './launcher.ts'
import type { Behaviour, Machine } from './machine.ts'
import { givePort, keepPort } from './ports.ts'
import { seed, storeModel } from './seed.ts'
import { Shell } from './shell.ts'
import { SshServer } from './ssh-server.ts'

export type { DemoHostOptions } from './host-options.ts'

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
  readonly #proc: ProcFiles
  readonly #ssh: SshServer
  readonly #clusterEnv: boolean
  #isOn = false
  #isCut = false

  constructor(options: DemoHostOptions, sshPort: number, vllmPort: number) {
    this.name = options.name
    this.sshPort = sshPort
    this.user = options.user ?? 'spark'
    this.vllmPort = vllmPort
    const disk = new HostDisk(options.dir)
    const empty = options.furnished === 'empty'
    const models = options.models ?? (empty ? [] : demoModels.flatMap(storedOf))
    seed(
      disk,
      models.map((model) => (typeof model === 'string' ? { model, complete: true } : model)),
    )
    const launcher = options.launcher ?? (empty ? 'none' : 'autumn')
    installLauncher(disk, launcher)
    if (options.furnished === 'messy') makeMess(disk)
    this.#clusterEnv = (options.clusterEnv ?? true) && launcher !== 'none' && launcher !== 'january'
    writeFileSync(join(disk.dir, 'ssh', 'authorized_keys'), options.authorizedKeys.map((key) => `${key.trim()}\n`).join(''), { mode: 0o600 })
    this.dir = disk.dir
    this.#disk = disk
    this.#shell = new Shell(disk, this.user, 2 * paceOf(options).scale)
    const events = new EventLog(join(disk.dir, 'events.jsonl'))
    this.eventsFile = events.file
    const fabric = options.fabric ?? new Fabric()
    this.fabricAddress = fabric.nextAddress()
    this.#machine = machineOf(options, { disk, shell: this.#shell, events, self: this }, fabric)
    this.#daemon = new DockerDaemon(
      this.#machine,
      options.images ?? (empty ? [] : ['vllm-node', 'vllm/vllm-openai', 'nvcr.io/nvidia/vllm:25.11-py3']),
    )
    this.#proc = new ProcFiles(this.#machine, () => this.#daemon.processes())
    this.#shell.beforeLook = () => this.#proc.refresh()
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

  /** `docker …` typed on the host, past SSH. */
  async docker(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return await runTool(
      dockerTool(this.#daemon, this.#disk, () => this.#shell.diskFull),
      args,
      this.#disk.home,
    )
  }

  /** The host's clock is this far ahead (or behind): `date`, docker's times and the boot time say so. 0: it is right again. */
  setClock(ahead_s: number): void {
    this.#machine.clock.off_ms = ahead_s * 1000
    setDate(this.#disk, ahead_s)
  }

  /** Leaves a process on the GPU that belongs to no container, with these variables. Gives its pid; `kill` ends it. */
  leaveOrphan(gib: number, env: Readonly<Record<string, string>> = {}): number {
    const pid = this.#machine.nextPid()
    this.#machine.orphans.set(pid, env)
    this.#machine.memory.hold(pid, gib)
    return pid
  }

  /** Makes a folder at a path of the Spark, a model's or nearly one. */
  storeFolder(path: string, kind: FolderKind): void {
    storeFolder(this.#disk, path, kind)
  }

  /** Changes how engines and tools behave from now on. */
  behave(change: Partial<Behaviour>): void {
    Object.assign(this.#machine.behaviour, change)
  }

  /** Powers it on: a new boot id, SSH on its port, containers with a restart policy up again. */
  async powerOn(): Promise<void> {
    this.#shell.killAll() // of a run before this one that was killed
    this.#disk.write('/proc/sys/kernel/random/boot_id', `${randomUUID()}\n`)
    this.#disk.write('/proc/sys/vm/drop_caches', '0\n')
    this.#machine.memory.reset()
    this.#proc.boot()
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
  if (options.furnished === 'messy') for (const words of handMade(host.home, await keepPort(0))) await host.docker('run', ...words)
  return host
}
