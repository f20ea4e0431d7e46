import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { DefaultLogger, IllegalStateError, makeTelemetryFilterString, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { pino, type Logger } from 'pino'
import { expect, inject } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import { createActivities } from '../../activities/index.ts'
import { createArbiterClient, ensureArbiter } from '../../activities/arbiter.ts'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import { announce } from '../../activities/webhooks/announce.ts'
import type { AttemptOptions } from '../../activities/webhooks/attempt.ts'
import { createWebhookActivities } from '../../activities/webhooks/index.ts'
import { configSource, type ConfigSource } from '../../config/load.ts'
import type { Places } from '../../config/places.ts'
import type { EventType, WebhookEvent } from '../../domain/events.ts'
import { arbiterWorkflowId, monitorWorkflowId, taskQueueOf } from '../../domain/names.ts'
import { deliveryWorkflowId } from '../../domain/webhooks/delivery.ts'
import { Delivery, WebhookCreated, WebhookView } from '../../domain/webhooks/webhook.ts'
import { ApiServer, type ApiAnswer } from '../api/api-server.ts'
import { keepHistory } from './keep-history.ts'
import { WorkerProcess } from './worker-process.ts'

export interface OfficeOptions {
  /** Further lines of cluster.yaml. */
  readonly cluster?: object
  readonly attempts?: Partial<AttemptOptions>
  readonly retryScale?: number
  readonly loopback?: boolean
  /** False: the test starts workers as processes. */
  readonly worker?: boolean
}

/** All that webhooks need and no more: files, an arbiter, a worker, the API, on the lane's Temporal server. No host is there. Whoever starts it closes it. */
export class WebhookOffice {
  readonly clusterId = `office-${randomBytes(4).toString('hex')}`
  readonly dataDir = mkdtempSync(join(tmpdir(), 'spark-office-'))
  /** All that worker and API have logged. */
  logged = ''
  readonly log: Logger = pino({ level: 'debug' }, { write: (line: string) => (this.logged += line) })
  readonly env: Record<string, string>
  readonly places: Places
  readonly config: ConfigSource
  readonly #connection: Connection
  readonly client: Client
  readonly #hosts: Hosts
  readonly #ending = new AbortController()
  readonly #processes: WorkerProcess[] = []
  #close: (() => Promise<void>)[] = []
  api!: ApiServer // set by `start`, the only way to an office

  static async start(options: OfficeOptions = {}): Promise<WebhookOffice> {
    quietRuntime()
    const office = new WebhookOffice(await Connection.connect({ address: inject('temporalAddress') }), options)
    office.api = await ApiServer.over(office.config, inject('temporalAddress'))
    if (options.worker !== false) await office.#work(options.attempts)
    return office
  }

  private constructor(connection: Connection, { cluster, retryScale = 0.00003, loopback = true }: OfficeOptions) {
    const dir = (name: string): string => join(this.dataDir, name)
    mkdirSync(dir('config'))
    writeFileSync(
      join(dir('config'), 'cluster.yaml'),
      stringify({ cluster_id: this.clusterId, hosts: [{ name: 'spark-1', address: '127.0.0.1', port: 1 }], ...cluster }),
    )
    this.env = { WEBHOOK_ALLOW_LOOPBACK: loopback ? '1' : '0', WEBHOOK_RETRY_SCALE: String(retryScale) }
    this.places = {
      demo: false,
      dataDir: this.dataDir,
      configDir: dir('config'),
      keysDir: dir('keys'),
      logsDir: dir('logs'),
      auditDir: dir('audit'),
      telemetryDir: dir('telemetry'),
      shippedModels: join(import.meta.dirname, '../../config/models.yaml'),
    }
    this.config = configSource(this.places, this.env)
    this.#connection = connection
    this.client = new Client({ connection })
    this.#hosts = createHosts({ cluster: () => this.config.read().cluster!, keysDir: this.places.keysDir })
  }

  get taskQueue(): string {
    return taskQueueOf(this.clusterId)
  }

  async #work(attempts: Partial<AttemptOptions> = {}): Promise<void> {
    const { config, places, client, clusterId, taskQueue, log } = this
    const deps = { hosts: this.#hosts, config, places, client, taskQueue, log, ending: this.#ending.signal }
    const arbiter = createArbiterClient({ client, clusterId, taskQueue })
    const connection = await NativeConnection.connect({ address: inject('temporalAddress') })
    const worker = await Worker.create({
      connection,
      taskQueue,
      workflowBundle: { codePath: inject('workflowBundlePath') },
      activities: { ...createActivities(deps), ...createWebhookActivities({ ...deps, arbiter }, attempts) },
      shutdownGraceTime: '1s',
      shutdownForceTime: '3s',
    })
    const running = worker.run()
    this.#close.push(async () => {
      worker.shutdown()
      await running.catch(shutDownAllTheSame)
      await connection.close()
    })
    await ensureArbiter({ client, clusterId, taskQueue, hosts: ['spark-1'] })
  }

  spawnWorker(): WorkerProcess {
    const process = new WorkerProcess(this.dataDir, this.env)
    this.#processes.push(process)
    return process
  }

  /** SIGKILL to all that were spawned. */
  async killWorkers(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((process) => process.kill()))
  }

  /** Adds an endpoint through the API, for swaps' ends unless told otherwise: no host is there, which is an event as well. */
  async add(url: string, more: object = {}): Promise<{ id: string; secret: string }> {
    const { status, json } = await this.api.post('/api/webhooks', { url, events: ['swap_complete', 'swap_failed'], ...more })
    expect(status).toBe(201)
    const { id, secret } = WebhookCreated.parse(json)
    return { id, secret: secret ?? '' }
  }

  async removeAll(): Promise<void> {
    const { json } = await this.ask('/api/webhooks', 'GET')
    for (const { id, source } of z.array(WebhookView).parse(json.webhooks)) if (source === 'api') await this.ask(`/api/webhooks/${id}`, 'DELETE')
  }

  /** What the worker does when it reads an event in the arbiter's outbox. */
  async tell(id: string, type: EventType = 'swap_complete', data: Record<string, unknown> = { swap_id: 'swap-1' }): Promise<WebhookEvent> {
    const event = { id, type, timestamp: new Date().toISOString(), data }
    await announce(this, event)
    return event
  }

  /** The record of a delivery as it is in the memo now; null before it was started. */
  async record(webhookId: string, eventId: string): Promise<Delivery | null> {
    const description = await this.client.workflow
      .getHandle(deliveryWorkflowId(this.clusterId, webhookId, eventId))
      .describe()
      .catch(() => null)
    return description === null ? null : Delivery.parse(description.memo?.['delivery'])
  }

  /** The record once the delivery has ended. */
  async ended(webhookId: string, eventId: string): Promise<Delivery> {
    await this.client.workflow.getHandle(deliveryWorkflowId(this.clusterId, webhookId, eventId)).result()
    return (await this.record(webhookId, eventId))!
  }

  /** For the replay tests, where they are asked for. */
  keepHistory(name: string, webhookId: string, eventId: string): Promise<void> {
    return keepHistory(this.client, `webhook-${name}`, deliveryWorkflowId(this.clusterId, webhookId, eventId))
  }

  /** Everything that Temporal keeps of this cluster, as text: histories, memos, arguments, results. */
  async allThatTemporalKnows(): Promise<string> {
    const texts: string[] = []
    for await (const { workflowId, memo } of this.client.workflow.list({ query: `WorkflowId STARTS_WITH 'webhook/${this.clusterId}/'` })) {
      const history = await this.client.workflow.getHandle(workflowId).fetchHistory()
      texts.push(JSON.stringify(memo), decoded(historyToJSON(history)))
    }
    const arbiter = await this.client.workflow.getHandle(arbiterWorkflowId(this.clusterId)).fetchHistory()
    return [...texts, decoded(historyToJSON(arbiter))].join('\n')
  }

  ask(path: string, method: string, body?: object): Promise<ApiAnswer> {
    return this.api.ask(path, { method, ...(body !== undefined && { body }) })
  }

  async close(): Promise<void> {
    this.#ending.abort()
    for await (const { workflowId } of this.client.workflow.list({
      query: `WorkflowId STARTS_WITH 'webhook/${this.clusterId}/' AND ExecutionStatus = 'Running'`,
    }))
      await this.#terminate(workflowId)
    for (const workflowId of [arbiterWorkflowId(this.clusterId), monitorWorkflowId(this.clusterId)]) await this.#terminate(workflowId)
    await this.api.close()
    for (const close of this.#close.splice(0)) await close()
    await this.killWorkers()
    await this.#hosts.close()
    await this.#connection.close()
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  async #terminate(workflowId: string): Promise<void> {
    await this.client.workflow
      .getHandle(workflowId)
      .terminate('the office closes')
      .catch(() => undefined)
  }
}

/** Payloads are base64 in a history's JSON. */
const decoded = (history: string): string =>
  history.replace(/"data": ?"([A-Za-z0-9+/=]+)"/g, (_all, data: string) => `"data": ${Buffer.from(data, 'base64').toString('utf8')}`)

/** SDK 1.24.0 fails a shutdown in whose moment a poll still hands over its answer ("Worker still in use"); the worker is gone all the same. */
function shutDownAllTheSame(error: unknown): void {
  if (!(error instanceof IllegalStateError)) throw error
}

let installed = false
function quietRuntime(): void {
  if (installed) return
  installed = true
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' })
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), telemetryOptions: { logging: { filter } }, shutdownSignals: [] })
}
