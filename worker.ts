import { Client, Connection } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { makeTelemetryFilterString, NativeConnection, Runtime, Worker, type Logger as TemporalLogger, type LogMetadata } from '@temporalio/worker'
import { pino, type Logger } from 'pino'
import { createActivities } from './activities/index.ts'
import { ensureArbiter } from './activities/arbiter.ts'
import { createHosts } from './activities/hosts.ts'
import { prepareNamespace } from './activities/search-attributes.ts'
import { configSource, type ConfigSource } from './config/load.ts'
import { placesFrom } from './config/places.ts'
import { temporalTarget } from './config/temporal.ts'
import type { Cluster } from './domain/cluster.ts'
import { taskQueueOf } from './domain/names.ts'
import { workflowBundle } from './scripts/workflow-bundle.ts'

/**
 * The worker: the only process that touches hosts. Several may run against one Temporal; a swap that loses its worker goes on with another.
 * Ends gracefully on SIGTERM, SIGINT, and, where it is supervised, when its standard input closes.
 */
const lookForArbiterEvery_ms = 30_000 // ARBITER.md A8
const log = pino({ name: 'worker', level: process.env['SPARK_LOG_LEVEL'] ?? 'info' }, pino.destination({ fd: 1, sync: true }))
const ended = new AbortController()

async function main(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => ended.abort())
  if (process.env['SPARK_SUPERVISED'] === '1')
    process.stdin
      .on('end', () => ended.abort())
      .on('error', () => ended.abort())
      .resume()

  const config = configSource(placesFrom(process.env), process.env)
  const cluster = await clusterOf(config)
  if (cluster === null) return
  const target = temporalTarget(process.env, config.read().settings)
  Runtime.install({
    logger: forTemporal(log),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
    shutdownSignals: [],
  })
  const [native, connection, codePath] = await Promise.all([
    untilConnected(() => NativeConnection.connect(target.connectionOptions)),
    untilConnected(() => Connection.connect(target.connectionOptions)),
    workflowBundle(forTemporal(log.child({}, { level: 'warn' }))),
  ])
  if (native === null || connection === null) return
  const client = new Client({ connection, namespace: target.namespace })
  const taskQueue = taskQueueOf(cluster.clusterId)
  await prepareNamespace(client, log)

  const hosts = createHosts({ cluster: () => config.read().cluster ?? cluster, keysDir: config.places.keysDir })
  const worker = await Worker.create({
    connection: native,
    namespace: target.namespace,
    taskQueue,
    workflowBundle: { codePath },
    activities: createActivities({ hosts, config, client, taskQueue, log, places: config.places, ending: ended.signal }),
    maxHeartbeatThrottleInterval: '1s',
    stickyQueueScheduleToStartTimeout: '2s', // after a crash the next worker waits this long, not ten seconds
    shutdownGraceTime: '4s',
    shutdownForceTime: '7s',
  })

  const stop = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  const keeper = keepArbiter(client, cluster, config, taskQueue)
  ended.signal.addEventListener('abort', stop, { once: true })
  log.info({ cluster: cluster.clusterId, demo: cluster.demo, temporal: target.connectionOptions.address, task_queue: taskQueue }, 'worker started')
  try {
    const running = worker.run()
    if (ended.signal.aborted) stop()
    await running
  } finally {
    clearInterval(keeper)
    await hosts.close()
    await connection.close()
    await native.close()
  }
  log.info('worker stopped')
}

/** Waits until cluster.yaml can be read: a worker without a cluster has nothing to work on. Null when told to end meanwhile. */
async function clusterOf(config: ConfigSource): Promise<Cluster | null> {
  let said = ''
  while (!ended.signal.aborted) {
    const state = config.read()
    for (const refused of said === '' ? state.refused : [])
      log.warn(refused, `setting refused: ${refused.source} is ${refused.reason}; ${refused.used} is used`)
    if (state.cluster !== null) return state.cluster
    if (state.kind === 'unready' && state.message !== said) {
      log.error({ code: state.code }, `waiting for a cluster: ${state.message}`)
      said = state.message
    }
    await pause(1000)
  }
  return null
}

/** Tries until Temporal answers, with a word at the first failure and each minute. Null when told to end meanwhile. */
async function untilConnected<T>(connect: () => Promise<T>): Promise<T | null> {
  for (let tries = 0; !ended.signal.aborted; tries++) {
    try {
      return await connect()
    } catch (error) {
      if (tries % 60 === 0) log.warn({ err: error }, 'Temporal does not answer yet')
      await pause(1000)
    }
  }
  return null
}

function keepArbiter(client: Client, cluster: Cluster, config: ConfigSource, taskQueue: string): NodeJS.Timeout {
  const look = (): void => {
    ensureArbiter({
      client,
      clusterId: cluster.clusterId,
      taskQueue,
      hosts: (config.read().cluster ?? cluster).hosts.map((host) => host.name),
    }).catch((error: unknown) => log.warn({ err: error }, 'the arbiter could not be looked for'))
    const now = config.read().cluster
    if (now !== null && now.clusterId !== cluster.clusterId) {
      log.warn(`cluster.yaml names another cluster now (${now.clusterId}): starting anew`)
      ended.abort()
    }
  }
  look()
  return setInterval(look, lookForArbiterEvery_ms)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Temporal's own words in our log. A failure that an activity reports on purpose is in its swap's record and log already: it is no warning here. */
function forTemporal(to: Logger): TemporalLogger {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error', message: string, meta?: LogMetadata): void => {
    const { error, ...facts } = meta ?? {}
    to[error instanceof ApplicationFailure ? 'info' : level](error === undefined ? facts : { ...facts, err: error }, message)
  }
  return {
    log: (level, message, meta) => write(level.toLowerCase() as 'info', message, meta), // Temporal's levels are pino's in capitals
    trace: (message, meta) => write('trace', message, meta),
    debug: (message, meta) => write('debug', message, meta),
    info: (message, meta) => write('info', message, meta),
    warn: (message, meta) => write('warn', message, meta),
    error: (message, meta) => write('error', message, meta),
  }
}

main().catch((error: unknown) => {
  log.fatal({ err: error }, 'the worker cannot go on')
  process.exitCode = 1
})
