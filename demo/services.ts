import { createServer, type RequestListener, type Server } from 'node:http'
import type { DemoHost } from './host.ts'
import { givePort, keepPort } from './ports.ts'

/** A stand-in of something that runs beside the models, on the address of a demo host. */
export interface DemoService {
  readonly name: string
  readonly kind: string
  readonly host: string
  readonly port: number
  readonly description: string
  readonly close: () => void
}

const json = { 'content-type': 'application/json' }

/** As Qdrant answers who has no key: its probes are open, its data is not. */
const vectors: RequestListener = ({ url, headers }, response) => {
  const open: Record<string, string> = {
    '/': '{"title":"qdrant - vector search engine"}',
    '/healthz': 'healthz check passed',
    '/readyz': 'all shards are ready',
  }
  const text = open[url ?? '']
  if (text !== undefined) response.end(text)
  else if (headers['api-key'] === 'demo') response.writeHead(200, json).end('{"result":{"collections":[]},"status":"ok","time":0.00001}')
  else response.writeHead(401).end('Must provide an API key or an Authorization bearer token')
}

/** As text-embeddings-inference does; every text has the same, short embedding. */
const embeddings: RequestListener = (request, response) => {
  request.resume()
  if (request.url === '/health') response.end()
  else if (request.url === '/info') response.writeHead(200, json).end('{"model_id":"BAAI/bge-m3","model_type":{"embedding":{"pooling":"cls"}}}')
  else if (request.url === '/v1/embeddings' && request.method === 'POST')
    response
      .writeHead(200, json)
      .end(
        '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-0.2,0.3,0.4]}],"model":"BAAI/bge-m3","usage":{"prompt_tokens":3,"total_tokens":3}}',
      )
  else response.writeHead(404).end()
}

/** Starts both, each on its own port. Whoever starts them closes them. */
export async function startServices(hosts: readonly DemoHost[]): Promise<DemoService[]> {
  const [first, last] = [hosts[0]?.name ?? '', hosts.at(-1)?.name ?? '']
  return [
    await start(
      hosts,
      { name: 'vectors', kind: 'qdrant', host: first, description: 'Vector database (simulated); it asks for a key' },
      vectors,
      16_333,
    ),
    await start(hosts, { name: 'embeddings', kind: 'tei', host: last, description: 'Embeddings (simulated)' }, embeddings, 16_380),
  ]
}

async function start(
  hosts: readonly DemoHost[],
  about: Omit<DemoService, 'port' | 'close'>,
  answer: RequestListener,
  wished: number,
): Promise<DemoService> {
  const port = await keepPort(wished)
  const server = createServer(answer)
  await listening(server, port)
  hosts.find(({ name }) => name === about.host)?.tellOfService(port, about.kind === 'qdrant' ? 'qdrant' : 'text-embeddings')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
    givePort(port)
  }
  return { ...about, port, close }
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
