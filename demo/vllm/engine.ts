import type { Machine } from '../machine.ts'
import { published } from '../docker/host-config.ts'
import { endedProgram } from '../docker/program.ts'
import type { ProcessRow, Program, ProgramIo } from '../docker/program.ts'
import { cudaTotal_gib } from '../memory.ts'
import { waitMs } from '../pace.ts'
import { isFree } from '../ports.ts'
import { EngineApi } from './api.ts'
import { readArguments, UsageError } from './arguments.ts'
import type { VllmArguments } from './arguments.ts'
import { Failed, failures, loadTime_s, sentinelOf } from './sentinel.ts'
import type { EngineFailure } from './sentinel.ts'
import { Ranks } from './ranks.ts'
import { cacheTokens, startupSteps } from './startup.ts'
import type { StartupStep } from './startup.ts'
import { Voice } from './voice.ts'
import { weightsAreThere } from './weights.ts'
import { wordingOf } from './wording.ts'
import type { Wording } from './wording.ts'
import type { Binds } from './weights.ts'

/** Where an engine runs. */
export interface EnginePlace {
  readonly container: string
  readonly binds: Binds
  /** `--publish` of the container: where its port is on the host. One that was not published is taken as it is. */
  readonly ports: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly io: ProgramIo
}

/** `vllm serve …` in a container: loads, then serves on the port it was told, until it is ended or fails. */
class Engine implements Program {
  readonly pid: number
  readonly argv: readonly string[]
  readonly exited: Promise<number>
  readonly model: string
  readonly #corePid: number
  readonly #machine: Machine
  readonly #place: EnginePlace
  readonly #args: VllmArguments
  readonly #held_gib: number
  readonly #port: number
  readonly #over = new AbortController()
  readonly #ranks: Ranks
  readonly #wording: Wording
  readonly #voice: Voice
  readonly #end = Promise.withResolvers<number>()
  #api: EngineApi | undefined
  #serverGone = false
  #loaded = false
  #coreGone = false

  constructor(machine: Machine, argv: readonly string[], args: VllmArguments, place: EnginePlace) {
    this.#machine = machine
    this.#place = place
    this.#args = args
    this.argv = argv
    this.model = args.model
    this.exited = this.#end.promise
    this.pid = machine.nextPid()
    this.#corePid = machine.nextPid()
    this.#port = place.ports.map((port) => published(port)).find(({ inside }) => inside === args.port)?.outside ?? args.port
    this.#ranks = new Ranks(machine, args, this.#over.signal)
    this.#wording = wordingOf(args.model, args.loadFormat, machine.behaviour.wording)
    const now = (): Date => new Date(Date.now() + machine.clock.off_ms)
    this.#voice = new Voice(place.io, { server: this.pid, core: this.#corePid }, this.#wording, now)
    this.#held_gib = args.gpuMemoryUtilization * cudaTotal_gib
    const marks = Object.fromEntries(Object.entries(place.env).filter(([name]) => name.startsWith('SPARK_')))
    machine.events.write('engine_start', {
      pid: this.pid,
      model: args.model,
      port: this.#port,
      container: place.container,
      env: marks,
      ...(args.nodes > 1 && { rank: args.rank }),
    })
    machine.engines.add(this)
    void this.#live()
  }

  /** Also while it loads. */
  get isAtWork(): boolean {
    return this.isLoading || (!this.#coreGone && this.#api?.isBusy === true && this.#isMoving())
  }

  get isLoading(): boolean {
    return !this.#coreGone && this.#api === undefined && !this.#loaded
  }

  get port(): number | null {
    return this.#machine.boundPorts.get(this.#port) === this.pid ? this.#port : null
  }

  get hangsAtStop(): boolean {
    return sentinelOf(this.model) === 'stop-hangs' && !this.#serverGone
  }

  processes(): ProcessRow[] {
    const words = ['/usr/bin/python3', '/usr/local/bin/vllm', ...this.argv.slice(1)]
    const server = this.#serverGone ? [] : [{ pid: this.pid, command: words.join(' '), words }]
    return [...server, ...(this.#coreGone ? [] : [{ pid: this.#corePid, command: 'VLLM::EngineCore' }])]
  }

  signal(name: NodeJS.Signals): void {
    if (name === 'SIGKILL') {
      this.#finish(137, 'killed')
      this.#dropCore()
    } else if (!this.hangsAtStop && !this.#over.signal.aborted) {
      this.#voice.say('APIServer', 'launcher.py:110', 'Shutting down FastAPI HTTP server.')
      void this.#machine.pace.wait(0.5).then(() => {
        this.#finish(0, name)
        this.#dropCore()
      })
    }
  }

  /** `kill -9` of one of its two processes. The server's leaves the core and its memory behind; the core's takes the server along after a while. */
  killProcess(pid: number): boolean {
    if (pid === this.pid && !this.#serverGone) this.#finish(137, 'server_killed')
    else if (pid === this.#corePid && !this.#coreGone) this.#coreDied('core_killed', 0)
    else return false
    return true
  }

  /** Its ranks are complete and nothing has wedged: work goes on. */
  #isMoving(): boolean {
    return this.#ranks.areAllThere && !this.#machine.behaviour.wedged
  }

  #isOver(): boolean {
    return this.#over.signal.aborted
  }

  async #live(): Promise<void> {
    try {
      const load_s = loadTime_s(this.model, this.#machine.behaviour.load_s)
      let began = Date.now()
      for (const step of startupSteps(this.#args, load_s, this.#held_gib, this.argv.includes('--enforce-eager'), this.#wording)) {
        await waitMs(began + step.at * load_s * 1000 - Date.now(), this.#over.signal)
        if (this.#isOver()) return
        await this.#take(step)
        if (step.act === 'gather') began = Math.max(began, Date.now() - step.at * load_s * 1000) // waiting for others is not loading
      }
      await waitMs(began + load_s * 1000 - Date.now(), this.#over.signal)
      this.#loaded = true
      if (!this.#isOver() && !this.#args.headless) await this.#serve()
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      this.#giveUp(error.failure)
    }
  }

  async #take(step: StartupStep): Promise<void> {
    const { memory } = this.#machine
    const sentinel = sentinelOf(this.model)
    switch (step.act) {
      case 'find_model':
        if (sentinel === 'gated') throw new Failed(failures.gated(this.model))
        if (sentinel === 'unsupported-arch') throw new Failed(failures.unsupportedArchitecture())
        if (!weightsAreThere(this.model, this.#place.binds, this.#place.env, this.#machine.disk)) {
          throw new Failed(this.model.startsWith('/') ? failures.noSuchPath(this.model) : failures.notDownloaded(this.model))
        }
        break
      case 'bind_port':
        await this.#bindPort()
        break
      case 'gather': {
        this.#voice.tell(step)
        const failure = await this.#ranks.gather()
        if (failure) throw new Failed(failure)
        break
      }
      case 'check_memory': {
        const free = memory.free_gib()
        if (free < this.#held_gib) throw new Failed(failures.shortOfMemory(free, cudaTotal_gib, this.#args.gpuMemoryUtilization))
        break
      }
      case 'half_loaded':
        memory.hold(this.#corePid, this.#held_gib * 0.31)
        if (sentinel === 'oom') throw new Failed(failures.outOfMemory())
        if (sentinel === 'oom-kill') throw new Failed(failures.killedByKernel(this.#corePid))
        if (sentinel === 'never-healthy') await new Promise((done) => this.#over.signal.addEventListener('abort', done))
        break
      case 'hold_weights':
        memory.hold(this.#corePid, this.#held_gib * 0.62 * (step.weights ?? 0))
        this.#ranks.hold(this.#held_gib * 0.62 * (step.weights ?? 0))
        break
      case 'hold_all':
        memory.hold(this.#corePid, this.#held_gib)
        this.#ranks.hold(this.#held_gib)
        // The cache's size is agreed upon by all ranks: without one of them nothing comes after this.
        while (!this.#ranks.areAllThere && !this.#isOver()) await this.#machine.pace.wait(1, this.#over.signal)
    }
    if (!this.#isOver() && step.act !== 'gather') this.#voice.tell(step)
  }

  /** vLLM binds its port long before it listens: until then nobody else can have it, and connections are refused. */
  async #bindPort(): Promise<void> {
    const port = this.#port
    const { boundPorts, events } = this.#machine
    const taken = boundPorts.has(port) || !(await isFree(port))
    if (this.#isOver()) return
    if (taken) {
      events.write('engine_refused_port', { pid: this.pid, model: this.model, port, container: this.#place.container })
      throw new Failed(failures.portTaken())
    }
    boundPorts.set(port, this.pid)
  }

  async #serve(): Promise<void> {
    const hooks = {
      isMoving: () => this.#isMoving(),
      crash: () => this.#coreDied('crash_in_warmup', 1),
      log: (source: string, text: string) => this.#voice.say('APIServer', source, text),
    }
    const api = new EngineApi(this.#args, this.#machine.behaviour, this.#machine.pace, hooks, cacheTokens(this.#held_gib))
    this.#api = api
    if (!(await api.listen(this.#port))) throw new Failed(failures.portTaken())
    if (this.#isOver()) return api.close()
    this.#machine.events.write('engine_healthy', { pid: this.pid, model: this.model, port: this.#port, container: this.#place.container })
    for (const text of [`Started server process [${String(this.pid)}]`, 'Waiting for application startup.', 'Application startup complete.']) {
      this.#voice.serverError(`INFO:     ${text}`)
    }
    void this.#reportThroughput(api)
  }

  /** The line that vLLM writes each 10 s while there is something to tell. */
  async #reportThroughput(api: EngineApi): Promise<void> {
    while (!this.#isOver()) {
      await this.#machine.pace.wait(10, this.#over.signal)
      const line = this.#isOver() ? null : api.throughput(10)
      if (line !== null) this.#voice.say('APIServer', 'loggers.py:236', line)
    }
  }

  #giveUp(failure: EngineFailure): void {
    this.#voice.giveUp(failure)
    this.#finish(1, failure.cause)
    this.#dropCore()
  }

  /** The core is dead: 503 at once, a few seconds later the server ends as well. */
  #coreDied(cause: string, code: number): void {
    this.#dropCore()
    this.#api?.coreIsDead()
    this.#voice.say('APIServer', 'async_llm.py:480', 'AsyncLLM output_handler failed.')
    this.#voice.serverError('vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.')
    void this.#machine.pace.wait(this.#machine.behaviour.agony_s, this.#over.signal).then(() => this.#finish(code, cause))
  }

  #dropCore(): void {
    if (this.#coreGone) return
    this.#coreGone = true
    this.#machine.memory.release(this.#corePid)
    this.#ranks.release()
    this.#machine.engines.delete(this)
  }

  #finish(code: number, cause: string): void {
    if (this.#serverGone) return
    this.#serverGone = true
    this.#over.abort()
    this.#api?.close()
    if (this.#machine.boundPorts.get(this.#port) === this.pid) this.#machine.boundPorts.delete(this.#port)
    this.#machine.events.write('engine_exit', {
      pid: this.pid,
      model: this.model,
      port: this.#port,
      container: this.#place.container,
      code,
      cause,
    })
    this.#end.resolve(code)
  }
}

/** Starts an engine; what argparse refuses is printed and ends at once with 2, as a program of its own. */
export function startEngine(machine: Machine, argv: readonly string[], place: EnginePlace): Program {
  try {
    return new Engine(machine, argv, readArguments(argv.slice(2), place.env), place)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    place.io.err(`usage: vllm serve [model_tag] [options]\nvllm serve: error: ${error.message}\n`)
    machine.events.write('engine_exit', { model: argv[2], container: place.container, code: 2, cause: 'usage' })
    return endedProgram(machine, argv, 2)
  }
}
