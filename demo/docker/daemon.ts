import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HostDisk } from '../disk.ts'
import type { Machine } from '../machine.ts'
import { startRay } from '../fabric/ray.ts'
import { startEngine } from '../vllm/engine.ts'
import { killMarked } from '../shell.ts'
import { Container } from './container.ts'
import type { ContainerSpec } from './container.ts'
import { daemonError, DockerError } from './flags.ts'
import { Images } from './images.ts'
import { startEarlyoom } from './earlyoom.ts'
import { isThere, startProcess, startSleep } from './program.ts'
import type { Program, ProgramIo } from './program.ts'

const wouldNotEnd = 'tried to kill container, but did not receive an exit event'

/** The host's Docker Engine. Containers live in memory: the process that simulates the host is the host. */
export class DockerDaemon {
  readonly images: Images
  readonly #machine: Machine
  #containers: Container[] = []
  #isUp = false

  constructor(machine: Machine, images: readonly string[]) {
    this.#machine = machine
    this.images = new Images(images)
  }

  /** Newest first, as `docker ps` lists them. */
  all(): readonly Container[] {
    return this.#containers
  }

  /** By name, id or the beginning of an id. Throws DockerError when there is none. */
  get(reference: string): Container {
    const found = this.find(reference)
    if (!found) throw daemonError(`No such container: ${reference}`)
    return found
  }

  find(reference: string): Container | undefined {
    const name = reference.replace(/^\//, '')
    return this.#containers.find(({ spec }) => spec.name === name) ?? this.#containers.find(({ id }) => reference !== '' && id.startsWith(reference))
  }

  /** Makes a container. Throws DockerError 125 when the name is taken, also by one that is stopped or just going away. */
  create(spec: ContainerSpec): Container {
    const holder = this.#containers.find((other) => other.spec.name === spec.name)
    if (holder) {
      throw daemonError(
        `Conflict. The container name "/${spec.name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
        125,
      )
    }
    const container = new Container(spec, () => new Date(Date.now() + this.#machine.clock.off_ms))
    this.#containers.unshift(container)
    this.#machine.events.write('container_run', {
      ...this.#facts(container),
      image: spec.image,
      env: spec.env,
      labels: spec.labels,
      cmd: container.argv,
    })
    return container
  }

  /** Starts PID 1. Throws DockerError 127 when the command is not in the image; the container then stays `Created`. */
  start(container: Container): void {
    if (container.running) return
    const io: ProgramIo = {
      out: (text) => container.log.write('out', text),
      err: (text) => container.log.write('err', text),
      toLog: (text) => container.log.write('out', text),
    }
    container.log.reopen()
    container.programs = []
    container.state = 'running'
    container.startedAt = container.now()
    container.finishedAt = null
    try {
      const main = this.#startProgram(container, container.argv, container.spec.env, io, 127)
      this.#machine.events.write('container_start', this.#facts(container))
      container.ended = main.exited.then((code) => this.#finish(container, code))
    } catch (error) {
      container.state = 'created'
      if (container.spec.autoRemove) this.#forget(container)
      throw error
    }
  }

  /** Runs something in a running container, beside PID 1. Throws DockerError when it does not run, or 126 when there is no such command. */
  exec(container: Container, argv: readonly string[], env: Readonly<Record<string, string>>, io: ProgramIo): Program {
    if (!container.running) throw daemonError(`Container ${container.id} is not running`)
    return this.#startProgram(container, argv, { ...container.spec.env, ...env }, io, 126)
  }

  /** SIGTERM to PID 1, the grace (real seconds), then SIGKILL. Throws DockerError when the container does not end even so. */
  async stop(container: Container, grace_s: number): Promise<void> {
    if (!container.running) return
    container.stoppedByHand = true
    const { pace, behaviour } = this.#machine
    const ended = new AbortController()
    void container.ended.then(() => ended.abort())
    if (container.hangsAtStop) {
      const { endsAfter_s } = behaviour.stopHang
      if (endsAfter_s !== null) void pace.wait(endsAfter_s, ended.signal).then(() => this.#signalAll(container, 'SIGKILL'))
      await pace.wait(grace_s + 10, ended.signal)
      if (!ended.signal.aborted) throw daemonError(`cannot stop container: ${container.spec.name}: ${wouldNotEnd}`)
      return
    }
    container.programs[0]?.signal('SIGTERM')
    await pace.wait(grace_s, ended.signal)
    if (!ended.signal.aborted) this.#signalAll(container, 'SIGKILL')
    await container.ended
  }

  /** Every process of every container, with its environment. */
  processes(): { pid: number; words: readonly string[]; env: Readonly<Record<string, string>> }[] {
    return this.#containers.flatMap(({ programs, spec }) =>
      programs.flatMap((program) => program.processes().map(({ pid, command, words }) => ({ pid, words: words ?? [command], env: spec.env }))),
    )
  }

  /** `kill -9` of a process in whatever container; false when there is none of that number. */
  killProcess(pid: number): boolean {
    return this.#containers.some(({ programs }) => programs.some((program) => program.killProcess(pid)))
  }

  /** Throws DockerError when it does not run, or when it is one that nothing ends. */
  async kill(container: Container, signal: NodeJS.Signals): Promise<void> {
    if (!container.running) throw daemonError(`Cannot kill container: ${container.spec.name}: Container ${container.id} is not running`)
    container.stoppedByHand = true
    if (container.hangsAtStop && !this.#machine.behaviour.stopHang.killWorks)
      throw daemonError(`Cannot kill container: ${container.spec.name}: ${wouldNotEnd}`)
    if (signal !== 'SIGKILL') return container.programs[0]?.signal(signal)
    this.#signalAll(container, 'SIGKILL')
    await container.ended
  }

  /** Throws DockerError when it runs and `force` is not asked. */
  async remove(container: Container, force: boolean): Promise<void> {
    if (container.running && !force) {
      throw daemonError(`cannot remove container "/${container.spec.name}": container is running: stop the container before removing or force remove`)
    }
    if (container.running) await this.kill(container, 'SIGKILL')
    this.#forget(container)
  }

  /** Everything dies at once. `--rm` containers are gone, the others are left as exited with 255. */
  powerCut(): void {
    this.#isUp = false
    for (const container of [...this.#containers]) {
      const ran = container.running
      if (ran) container.exitCode = 255
      container.state = 'exited'
      container.finishedAt ??= container.now()
      this.#signalAll(container, 'SIGKILL')
      container.log.end()
      if (ran) this.#machine.events.write('container_exit', { ...this.#facts(container), code: 255, cause: 'power_off' })
      if (container.spec.autoRemove) this.#forget(container)
    }
  }

  /** After a boot: containers with a restart policy come up again. */
  boot(): void {
    this.#isUp = true
    for (const container of [...this.#containers]) {
      const { name } = container.spec.restart
      if (name === 'always' || (name === 'unless-stopped' && !container.stoppedByHand)) this.start(container)
    }
  }

  #startProgram(container: Container, argv: readonly string[], env: Readonly<Record<string, string>>, io: ProgramIo, missingCode: number): Program {
    const machine = this.#machine
    const [command = '', second] = argv
    const path = [machine.disk.containerBin, machine.shell.environment()['PATH']].join(':')
    let program: Program
    if (command === 'sleep') program = startSleep(machine, argv, container.programs.length === 0)
    else if (command === 'vllm' && second === 'serve')
      program = startEngine(machine, argv, { env, io, container: container.spec.name, binds: container.spec.binds, ports: container.spec.ports })
    else if (command === 'earlyoom') program = startEarlyoom(machine, argv, () => container.programs, io)
    else if (command === 'ray') program = startRay(machine, argv, io)
    else if (isThere(machine.disk.rewrite(command), path)) {
      program = startProcess(
        machine,
        argv.map((word) => insideOf(container, machine.disk, word)),
        { ...machine.shell.environment(), ...env, PATH: path, DEMO_CONTAINER: container.id },
        io,
      )
    } else {
      const why = `exec: "${command}": executable file not found in $PATH: unknown`
      if (missingCode === 127)
        throw daemonError(
          `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}`,
          127,
        )
      throw new DockerError(`OCI runtime exec failed: exec failed: unable to start container process: ${why}`, 126)
    }
    container.programs.push(program)
    return program
  }

  #finish(container: Container, code: number): void {
    if (!container.running) return
    this.#signalAll(container, 'SIGKILL')
    container.state = 'exited'
    container.exitCode = code
    container.finishedAt = container.now()
    container.log.end()
    this.#machine.events.write('container_exit', { ...this.#facts(container), code })
    if (container.spec.autoRemove) {
      // For a moment `docker ps --all` still lists it, and its name is still taken.
      container.state = 'removing'
      void this.#machine.pace.wait(0.2).then(() => this.#forget(container))
    } else this.#mayRestart(container, code)
  }

  #mayRestart(container: Container, code: number): void {
    const { name, most } = container.spec.restart
    const wanted =
      name === 'always' || name === 'unless-stopped' || (name === 'on-failure' && code !== 0 && (most === 0 || container.restarts < most))
    if (!wanted || container.stoppedByHand) return
    container.restarts += 1
    void this.#machine.pace.wait(Math.min(60, 0.1 * 2 ** container.restarts)).then(() => {
      if (this.#isUp && this.#containers.includes(container) && !container.stoppedByHand) this.start(container)
    })
  }

  #signalAll(container: Container, signal: NodeJS.Signals): void {
    for (const program of container.programs) program.signal(signal)
    if (signal === 'SIGKILL') killMarked('DEMO_CONTAINER', container.id)
  }

  #forget(container: Container): void {
    if (!this.#containers.includes(container)) return
    this.#containers = this.#containers.filter((other) => other !== container)
    rmSync(join(this.#machine.disk.dir, 'containers', container.id.slice(0, 12)), { recursive: true, force: true })
    this.#machine.events.write('container_removed', this.#facts(container))
  }

  #facts(container: Container): { id: string; name: string } {
    return { id: container.id, name: container.spec.name }
  }
}

/** What a container calls `/workspace` is its own, and goes with it. */
function insideOf(container: Container, disk: HostDisk, word: string): string {
  const place = join(disk.alias, 'containers', container.id.slice(0, 12), 'workspace')
  if (!ofContainer.test(word)) return word
  mkdirSync(place, { recursive: true })
  return word.replaceAll(ofContainer, place)
}
const ofContainer = /(?<![\w.~}-])\/workspace(?![\w.-])/g
