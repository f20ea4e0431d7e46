import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request, type IncomingHttpHeaders, type RequestOptions, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { pino } from 'pino'
import { createApp } from '../../api/app.ts'
import { createControl } from '../../api/control.ts'
import type { Control } from '../../api/deps.ts'
import { Metrics } from '../../api/metrics.ts'
import { steadyConfig } from '../../api/steady-config.ts'
import { TemporalLink } from '../../api/temporal/link.ts'
import { configSource, type ConfigSource } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'

const clusterYaml = `cluster_id: test
hosts:
  - { name: spark-1, address: 127.0.0.1, port: 2201, vllm_port: 8801 }
  - { name: spark-2, address: 127.0.0.1, port: 2202, vllm_port: 8802 }
`
const modelsYaml = `models:
  qwen3-30b: { repo: Qwen/Qwen3-30B-A3B, launcher: docker }
  gpt-oss-120b: { repo: openai/gpt-oss-120b }
  mine: { local_path: /models/mine, placement: [spark-2] }
`

export interface ApiAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly json: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests look at it field by field
}

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** Sent as it is; an object as JSON. */
  readonly body?: string | Buffer | object
  /** A stream that nobody ends: it is given up once it has begun. */
  readonly endless?: boolean
}

interface StartOptions {
  readonly temporal?: string
  readonly cluster?: string
  readonly models?: string
  readonly env?: Record<string, string>
  /** How long one look at the configuration files serves; 0: files written behind its back count at once. */
  readonly configLife_ms?: number
  readonly alter?: (control: Control) => Control
}

interface OverOptions {
  readonly alter?: (control: Control) => Control
  readonly afterwards?: () => Promise<void>
}

const unaltered = (control: Control): Control => control
const nothing = (): Promise<void> => Promise.resolve()

/** The API on a free port, with its own data directory and real configuration files. Whoever starts it closes it. */
export class ApiServer {
  readonly url: string
  readonly port: number
  readonly configDir: string
  readonly logsDir: string
  /** Answers that the route table did not announce: defects. */
  readonly undeclared: string[] = []
  readonly logLines: string[] = []
  readonly #end: () => Promise<void>

  /** Its own cluster of two hosts. Without `temporal`, no Temporal server is there: the port is closed. `alter` may replace functions of the control. */
  static async start(options: StartOptions = {}): Promise<ApiServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'spark-api-'))
    const configDir = join(dataDir, 'config')
    await mkdir(configDir, { recursive: true })
    await writeFile(join(configDir, 'cluster.yaml'), options.cluster ?? clusterYaml)
    await writeFile(join(configDir, 'models.yaml'), options.models ?? modelsYaml)
    const env = { SPARK_DATA_DIR: dataDir, ...options.env }
    const config = steadyConfig(configSource(placesFrom(env), env), options.configLife_ms ?? 0)
    return await ApiServer.over(config, options.temporal ?? '127.0.0.1:1', {
      ...(options.alter !== undefined && { alter: options.alter }),
      afterwards: () => rm(dataDir, { recursive: true, force: true }),
    })
  }

  /** Over a configuration that is there already. */
  static async over(config: ConfigSource, temporal: string, { alter = unaltered, afterwards = nothing }: OverOptions = {}): Promise<ApiServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ApiServer(server, config, temporal, alter, afterwards)
  }

  private constructor(server: Server, config: ConfigSource, temporal: string, alter: (control: Control) => Control, afterwards: () => Promise<void>) {
    const link = new TemporalLink({ connectionOptions: { address: temporal }, namespace: 'default' })
    const log = pino({ level: 'info' }, { write: (line: string) => void this.logLines.push(line) })
    const app = createApp(
      { control: alter(createControl(link, config)), config, log, metrics: new Metrics() },
      (words) => void this.undeclared.push(words),
    )
    const handle = app.koa.callback()
    server.on('request', (incoming, outgoing) => void handle(incoming, outgoing))
    this.port = (server.address() as AddressInfo).port // it listens on TCP
    this.url = `http://127.0.0.1:${String(this.port)}`
    this.configDir = config.places.configDir
    this.logsDir = config.places.logsDir
    this.#end = async () => {
      app.close()
      server.closeAllConnections()
      server.close()
      await link.close()
      await afterwards()
    }
  }

  /** One request as it is written, any Host header included (fetch would not let us). */
  async ask(path: string, { method = 'GET', headers = {}, body, endless = false }: Asked = {}): Promise<ApiAnswer> {
    const isData = typeof body === 'object' && !Buffer.isBuffer(body)
    const content = isData ? JSON.stringify(body) : body
    const type: Record<string, string> =
      content === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) }
    const options: RequestOptions = { host: '127.0.0.1', port: this.port, path, method, headers: { ...type, ...headers }, agent: false }
    return await new Promise((resolve, reject) => {
      const outgoing = request(options, (answer) => {
        if (endless && answer.statusCode === 200) {
          resolve({ status: 200, headers: answer.headers, text: '', json: null })
          answer.destroy()
          return
        }
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const isJson = (answer.headers['content-type'] ?? '').includes('json')
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text,
            json: isJson && text !== '' ? (JSON.parse(text) as unknown) : null,
          })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(content)
    })
  }

  post(path: string, body: object | string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.ask(path, { method: 'POST', body, headers })
  }

  close(): Promise<void> {
    return this.#end()
  }
}
