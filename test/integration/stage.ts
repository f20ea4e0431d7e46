import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker'
import { pino } from 'pino'
import { inject } from 'vitest'
import { stringify } from 'yaml'
import { createActivities } from '../../activities/index.ts'
import { createArbiterClient, ensureArbiter } from '../../activities/arbiter.ts'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import { prepareNamespace } from '../../activities/search-attributes.ts'
import { configSource, type ConfigSource } from '../../config/load.ts'
import type { Places } from '../../config/places.ts'
import { demoModels } from '../../demo/catalog.ts'
import { hostEntry } from '../../demo/config-files.ts'
import { Fabric } from '../../demo/fabric/fabric.ts'
import { startDemoHost, type DemoHost, type DemoHostOptions } from '../../demo/host.ts'
import { makeKey } from '../../demo/keys.ts'
import type { Answer, ArbiterView, SwapCommand } from '../../domain/arbitration/command.ts'
import type { Batcher, Wish } from '../../domain/group-commit.ts'
import type { AuditEvent } from '../../domain/events.ts'
import { launchIdentity, type Model } from '../../domain/model.ts'
import { arbiterWorkflowId, swapWorkflowId, taskQueueOf } from '../../domain/names.ts'
import { swapDeadlineS } from '../../domain/swap-limits.ts'
import type { Swap } from '../../domain/swap.ts'
import { auditWhenTold } from '../setup/audit.ts'
import { keepBusy, openRequestsOn, servedOn } from './engine-client.ts'
import { RunningSwap } from './running-swap.ts'
import { WorkerProcess } from './worker-process.ts'

export interface StageOptions extends Partial<Pick<DemoHostOptions, 'load_s' | 'timeScale' | 'completion_s' | 'slowWarm_s' | 'stopHang'>> {
  readonly hosts?: readonly string[]
  /** `settings:` of cluster.yaml. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Further entries of models.yaml, or other fields of the demo's. */
  readonly models?: Readonly<Record<string, object>>
  /** False: the test starts workers itself, by `addWorker` or as processes. */
  readonly worker?: boolean
}

/** One entry of a demo host's own record. */
export type HostEvent = { readonly seq: number; readonly at_ms: number; readonly event: string } & Readonly<Record<string, unknown>>

const log = pino({ level: process.env['SPARK_LOG_LEVEL'] ?? 'silent' })
const quick = { preflight_s: 20, drain_s: 0, stop_s: 15, launch_s: 30, launch_stall_s: 10, warm_s: 10, validate_s: 10 }

/**
 * A whole cluster for one test file: demo hosts, a worker in this process, an arbiter that has looked at all hosts, on the lane's Temporal server.
 * Names are its own, so that files do not meet. Whoever starts it closes it.
 */
export class Stage {
  readonly clusterId: string
  readonly client: Client
  readonly places: Places
  readonly config: ConfigSource
  readonly arbiter: Batcher
  readonly hosts: readonly DemoHost[]
  readonly ssh: Hosts
  readonly #connection: Connection
  readonly #workers: { worker: Worker; done: Promise<void> }[] = []
  readonly #processes: WorkerProcess[] = []
  #native: NativeConnection | null = null

  constructor(clusterId: string, connection: Connection, places: Places, hosts: readonly DemoHost[]) {
    this.clusterId = clusterId
    this.#connection = connection
    this.client = new Client({ connection, identity: 'stage' })
    this.places = places
    this.config = configSource(places, {})
    this.hosts = hosts
    this.ssh = createHosts({ cluster: () => this.cluster, keysDir: places.keysDir })
    this.arbiter = createArbiterClient({ client: this.client, clusterId, taskQueue: this.taskQueue })
  }

  get taskQueue(): string {
    return taskQueueOf(this.clusterId)
  }

  get cluster() {
    const { cluster } = this.config.read()
    if (cluster === null) throw new Error('the stage has no cluster.yaml')
    return cluster
  }

  host(name: string): DemoHost {
    const host = this.hosts.find((one) => one.name === name)
    if (host === undefined) throw new Error(`no host ${name} on this stage`)
    return host
  }

  model(key: string): Model {
    const state = this.config.read()
    if (state.kind !== 'ready') throw new Error(state.message)
    const model = state.models.get(key)
    if (model === undefined) throw new Error(`no model ${key}`)
    return model
  }

  async addWorker(): Promise<Worker> {
    this.#native ??= await NativeConnection.connect({ address: inject('temporalAddress') })
    const worker = await Worker.create({
      connection: this.#native,
      identity: 'stage worker',
      taskQueue: this.taskQueue,
      workflowBundle: { codePath: inject('workflowBundlePath') },
      activities: createActivities({
        hosts: this.ssh,
        config: this.config,
        client: this.client,
        taskQueue: this.taskQueue,
        log,
        places: this.places,
        ending: new AbortController().signal,
      }),
      maxHeartbeatThrottleInterval: '1s',
      stickyQueueScheduleToStartTimeout: '2s',
      shutdownForceTime: '5s',
    })
    this.#workers.push({ worker, done: worker.run() })
    return worker
  }

  /** Resolves when the arbiter has looked at every host that answers. */
  async surveyed(): Promise<void> {
    await ensureArbiter({ client: this.client, clusterId: this.clusterId, taskQueue: this.taskQueue })
    await this.until((view) => view.hosts.length === this.hosts.length && view.hosts.every((host) => host.state !== 'surveying'))
  }

  async state(): Promise<ArbiterView> {
    return this.client.workflow.getHandle(arbiterWorkflowId(this.clusterId)).query<ArbiterView>('state')
  }

  /** Waits for the arbiter to be as `wanted` says; the test's own limit bounds it. */
  async until(wanted: (view: ArbiterView) => boolean): Promise<ArbiterView> {
    for (;;) {
      const view = await this.state().catch(() => null)
      if (view !== null && wanted(view)) return view
      await pause(50)
    }
  }

  ask(wish: Wish): Promise<Answer> {
    return this.arbiter.ask(wish)
  }

  /** Asks for a swap as the API does; the answer may be a refusal. */
  async requestSwap(model: string | null, more: Partial<SwapCommand> = {}): Promise<{ answer: Answer; swap: RunningSwap }> {
    const entry = model === null ? null : this.model(model)
    const swapId = more.swapId ?? `swap-${randomBytes(5).toString('hex')}`
    const state = this.config.read()
    const drainS = more.drainS ?? state.settings.drain_s
    const answer = await this.ask({
      type: 'swap',
      swapId,
      model,
      identity: entry === null ? null : launchIdentity(entry),
      hosts: entry?.placement ?? [this.hosts[0]?.name ?? ''],
      tokenHash: null,
      holder: 'a test',
      schedule: null,
      reason: null,
      onFailure: 'restore',
      onBusy: 'reject',
      onDrainTimeout: 'go_on',
      drainS,
      restart: false,
      force: false,
      deadlineS: swapDeadlineS(state.settings, entry, drainS),
      queueLimitS: state.settings.queue_limit_s,
      look: null,
      requestHash: createHash('sha256').update(swapId).digest('hex'),
      ...more,
    })
    return { answer, swap: new RunningSwap(this.client, swapWorkflowId(this.clusterId, swapId), join(this.places.logsDir, `${swapId}.log`)) }
  }

  /** Starts a swap that must be accepted. */
  async startSwap(model: string | null, more: Partial<SwapCommand> = {}): Promise<RunningSwap> {
    const { answer, swap } = await this.requestSwap(model, more)
    if (answer.kind !== 'accepted') throw new Error(`the swap was not accepted: ${JSON.stringify(answer)}`)
    await swap.appears()
    return swap
  }

  /** Starts a swap and waits for its end. */
  async swap(model: string | null, more: Partial<SwapCommand> = {}): Promise<Swap> {
    return (await this.startSwap(model, more)).result()
  }

  /** A host's own record, oldest first. */
  events(host: string, ...names: string[]): HostEvent[] {
    const lines = readFileSync(this.host(host).eventsFile, 'utf8').split('\n').filter(Boolean)
    const all = lines.map((line) => JSON.parse(line) as HostEvent) // the demo's own format
    return names.length === 0 ? all : all.filter((entry) => names.includes(entry.event))
  }

  /** Every line of the audit trail, oldest first, once all is told. */
  audit(): Promise<AuditEvent[]> {
    return auditWhenTold(this.places.auditDir, this.client, this.clusterId)
  }

  /** What a client of the model's port is told: id and root, or null when nobody answers. */
  serves(host: string): Promise<{ id: string; root: string } | null> {
    return servedOn(this.host(host).vllmPort)
  }

  openRequests(host: string): Promise<number> {
    return openRequestsOn(this.host(host).vllmPort)
  }

  keepBusy(host: string, seconds: number): { leave: () => Promise<void> } {
    return keepBusy(this.host(host).vllmPort, seconds)
  }

  /** A worker in a process of its own, which a test may kill; it reads this stage's directories as a real cluster's. */
  spawnWorker(): WorkerProcess {
    const process = new WorkerProcess(this.places.dataDir)
    this.#processes.push(process)
    return process
  }

  async stopWorkers(): Promise<void> {
    const workers = this.#workers.splice(0)
    for (const { worker } of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
    await Promise.all(workers.map(({ done }) => done.catch(() => undefined)))
  }

  async close(): Promise<void> {
    const workflows = this.client.workflow.list({ query: `TaskQueue = '${this.taskQueue}' AND ExecutionStatus = 'Running'` })
    for await (const { workflowId } of workflows)
      await this.client.workflow
        .getHandle(workflowId)
        .terminate('the stage closes')
        .catch(() => undefined)
    await this.stopWorkers()
    await Promise.all(this.#processes.map((process) => process.kill()))
    await this.ssh.close()
    await Promise.all(this.hosts.map((host) => host.close()))
    await this.#native?.close()
    await this.#connection.close()
    rmSync(this.places.dataDir, { recursive: true, force: true })
  }
}

export async function startStage(options: StageOptions = {}): Promise<Stage> {
  quietRuntime()
  const dataDir = mkdtempSync(join(tmpdir(), 'spark-stage-'))
  const [configDir, keysDir] = [join(dataDir, 'config'), join(dataDir, 'keys')]
  for (const dir of [configDir, keysDir]) mkdirSync(dir, { recursive: true, mode: 0o700 })
  const clusterId = `stage-${randomBytes(4).toString('hex')}`
  const client = makeKey(join(keysDir, 'id_ed25519'), 'stage')
  const { hosts: names = ['spark-1'], settings, models, worker = true, ...behaviour } = options
  const common = { fabric: new Fabric(), load_s: 0.2, timeScale: 0.05, completion_s: 0.05, ...behaviour, authorizedKeys: [client.publicKey] }
  const hosts = await Promise.all(names.map((name) => startDemoHost({ ...common, name, dir: join(dataDir, name) })))
  writeFileSync(join(keysDir, 'known_hosts'), hosts.map((host) => `[127.0.0.1]:${host.sshPort} ${host.hostKey}\n`).join(''))
  writeFileSync(
    join(configDir, 'cluster.yaml'),
    stringify({
      cluster_id: clusterId,
      hosts: hosts.map(hostEntry),
      default_placement: [names[0]],
      settings: { ...quick, ...settings },
    }),
  )
  const catalog = Object.fromEntries(demoModels.map(({ key, stored: _, ...entry }) => [key, { ...entry, image: 'vllm-node', ...models?.[key] }]))
  writeFileSync(join(configDir, 'models.yaml'), stringify({ models: { ...catalog, ...models } }))
  const folders = { configDir, keysDir, logsDir: join(dataDir, 'logs'), auditDir: join(dataDir, 'audit'), telemetryDir: join(dataDir, 'telemetry') }
  const places: Places = { demo: true, dataDir, ...folders, shippedModels: join(configDir, 'models.yaml') }
  const connection = await Connection.connect({ address: inject('temporalAddress') })
  const stage = new Stage(clusterId, connection, places, hosts)
  await prepareNamespace(stage.client, log)
  if (worker) {
    await stage.addWorker()
    await stage.surveyed()
  }
  return stage
}

let installed = false
/** The runtime is the process's: installed once, and silent unless asked to speak. */
function quietRuntime(): void {
  if (installed) return
  installed = true
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  const logger = new DefaultLogger('ERROR', process.env['SPARK_LOG_LEVEL'] === undefined ? () => undefined : undefined)
  Runtime.install({ logger, telemetryOptions: { logging: { filter } }, shutdownSignals: [] })
}
