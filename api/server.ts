import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { pino, type Logger } from 'pino'
import { configSource } from '../config/load.ts'
import { placesFrom } from '../config/places.ts'
import { temporalTarget } from '../config/temporal.ts'
import { createApp } from './app.ts'
import { createControl } from './control.ts'
import { Metrics } from './metrics.ts'
import { steadyConfig } from './steady-config.ts'
import { TemporalLink } from './temporal/link.ts'

/**
 * The API and dashboard as a process. It talks to Temporal only, and starts also while Temporal is down.
 * Ends gracefully on SIGTERM, SIGINT, and, where it is supervised, when its standard input closes.
 */
const endWithin_ms = 1_000
const log = pino({ name: 'api', level: process.env['SPARK_LOG_LEVEL'] ?? 'info' }, pino.destination({ fd: 1, sync: true }))

async function main(): Promise<void> {
  const ended = endOfProcess()
  const config = steadyConfig(configSource(placesFrom(process.env), process.env))
  const state = config.read()
  for (const refused of state.refused) log.warn(refused, `setting refused: ${refused.source} is ${refused.reason}; ${refused.used} is used`)
  for (const warning of state.warnings) log.warn(warning)
  if (state.kind === 'unready') log.error({ code: state.code }, state.message)

  const link = new TemporalLink(temporalTarget(process.env, state.settings))
  const app = createApp({ control: createControl(link, config), config, log, metrics: new Metrics() })
  const handle = app.koa.callback()
  const server = createServer((request, response) => void handle(request, response))
  setLimits(server)
  try {
    await listen(server, state.settings.listen, log)
    await ended
    log.info('ending')
    await close(server, app.close.bind(app))
  } finally {
    await link.close()
  }
}

function setLimits(server: Server): void {
  server.maxConnections = 512
  server.headersTimeout = 10_000
  server.requestTimeout = 15_000 // to receive a request, not to answer it: streams live on
}

/** Listens, or says what to do about a port that is taken. */
async function listen(server: Server, address: string, log: Logger): Promise<void> {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '')
  const port = Number(address.slice(colon + 1))
  server.listen({ host, port })
  try {
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EADDRINUSE') throw new Error(`port ${String(port)} on ${host} is taken; set SPARK_LISTEN to another address:port`, { cause: error })
    if (code === 'EACCES')
      throw new Error(`port ${String(port)} needs rights that this user has not; set SPARK_LISTEN to one above 1023`, { cause: error })
    if (code === 'EADDRNOTAVAIL') throw new Error(`${host} is no address of this machine; see SPARK_LISTEN`, { cause: error })
    throw error
  }
  const bound = server.address()
  const actual = bound !== null && typeof bound === 'object' ? bound.port : port
  log.info({ url: `http://${host.includes(':') ? `[${host}]` : host}:${String(actual)}/` }, 'listening')
}

/** Lets answers under way finish, ends streams, then cuts what is left. */
async function close(server: Server, endStreams: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  endStreams()
  server.closeIdleConnections()
  const patience = setTimeout(() => server.closeAllConnections(), endWithin_ms)
  await closed
  clearTimeout(patience)
}

function endOfProcess(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve())
    if (process.env['SPARK_SUPERVISED'] !== '1') return
    process.stdin
      .on('end', () => resolve())
      .on('error', () => resolve())
      .resume()
  })
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    log.fatal({ err: error }, error instanceof Error ? error.message : 'the API cannot go on')
    process.exit(1)
  },
)
