import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ServiceClient } from '../../activities/services/client.ts'
import { probe, type ProbeResult } from '../../activities/services/probe.ts'
import { ServiceWatches } from '../../activities/services/watch.ts'
import type { ServiceLook } from '../../domain/services/look.ts'
import type { ServiceKind } from '../../domain/services/kinds.ts'
import type { Service } from '../../domain/services/service.ts'

let dir: string
let over: AbortController
const servers: Server[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spark-watch-'))
  over = new AbortController()
})
afterEach(() => {
  over.abort()
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(dir, { recursive: true, force: true })
})

async function serve(answer: RequestListener, port = 0): Promise<number> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // an address, because it listens on TCP
}
const stop = async (): Promise<void> => {
  const server = servers.pop()
  server?.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve))
}

const service = (kind: ServiceKind, port: number, more: Partial<Service> = {}): Service => ({
  ...{
    name: kind,
    kind,
    host: null,
    address: '127.0.0.1',
    port,
    path: null,
    scheme: 'http',
    container: null,
    sshUser: null,
    apiKeyFile: null,
    description: null,
  },
  ...more,
})

async function look(one: Service): Promise<ProbeResult> {
  const client = new ServiceClient(one, { configDir: dir })
  try {
    return await probe(one, client, over.signal)
  } finally {
    await client.close()
  }
}

/** A server that answers by path, and notes what it was asked. */
function byPath(answers: Readonly<Record<string, number | string>>, asked: string[] = []): RequestListener {
  return (request, response) => {
    asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
    const answer = answers[request.url ?? ''] ?? 404
    response.writeHead(typeof answer === 'number' ? answer : 200).end(typeof answer === 'string' ? answer : '')
  }
}

const models = JSON.stringify({ object: 'list', data: [{ id: 'small', object: 'model' }] })

test('a vLLM is up with the model that it lists, and is asked for nothing that wakes it', async () => {
  const asked: string[] = []
  const port = await serve(byPath({ '/health': 200, '/v1/models': models }, asked))
  expect(await look(service('vllm', port))).toEqual({ verdict: { state: 'up', detail: null }, serves: 'small' })
  expect(asked).toEqual(['GET /health', 'GET /v1/models'])
})

test('one that asks for a key is up, and with its key is up without a word', async () => {
  const asked: string[] = []
  const port = await serve((request, response) => {
    asked.push(String(request.headers['api-key']))
    const open = request.url === '/readyz' || request.headers['api-key'] === 'top-secret'
    response.writeHead(open ? 200 : 401).end()
  })
  expect((await look(service('qdrant', port))).verdict).toEqual({ state: 'up_needs_key', detail: '/collections answered 401' })
  writeFileSync(join(dir, 'qdrant.key'), 'top-secret\n')
  expect((await look(service('qdrant', port, { apiKeyFile: 'qdrant.key' }))).verdict).toEqual({ state: 'up', detail: null })
  expect((await look(service('qdrant', port, { apiKeyFile: 'nothing.key' }))).verdict.state).toBe('up_needs_key')
})

test('503 is starting', async () => {
  const port = await serve(byPath({ '/v1/health/ready': 503 }))
  expect((await look(service('nim', port))).verdict).toEqual({ state: 'starting', detail: '/v1/health/ready answered 503' })
})

test('an address that not every version has says nothing by its absence', async () => {
  expect((await look(service('open-webui', await serve(byPath({ '/health': '{"status":true}' }))))).verdict.state).toBe('up')
})

test('a list of models that is none, or endless, takes nothing away', async () => {
  const port = await serve((_request, response) => {
    response.writeHead(200)
    const more = (): void => {
      while (response.write('x'.repeat(100_000)));
    }
    response.on('drain', more).on('error', () => undefined)
    more()
  })
  expect(await look(service('openai-compatible', port))).toEqual({ verdict: { state: 'up', detail: null }, serves: null })
})

test('a redirect is an answer, and is not followed', async () => {
  const port = await serve((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
  expect((await look(service('http', port))).verdict).toEqual({ state: 'up', detail: null })
})

test('tcp: a port that takes a connection is up, one where nothing listens is down', async () => {
  const port = await serve(() => undefined)
  expect((await look(service('tcp', port))).verdict.state).toBe('up')
  await stop()
  expect((await look(service('tcp', port))).verdict).toEqual({ state: 'down', detail: 'nothing listens on its port' })
})

test('one that hangs is down when its time is over', async () => {
  const port = await serve(() => undefined)
  expect((await look(service('kokoro', port))).verdict).toEqual({ state: 'down', detail: '/health did not answer within 4 s' })
})

async function until(watches: ServiceWatches, wanted: (looks: readonly ServiceLook[]) => boolean): Promise<readonly ServiceLook[]> {
  while (!wanted(watches.looks)) await pause(5)
  return watches.looks
}
const watchAll = (held: readonly ServiceLook[] = []): ServiceWatches =>
  new ServiceWatches({ configDir: dir }, held, over.signal, { pauseMs: () => 10 })

test('up, down and up again is seen, since when, and with never more than one question under way', async () => {
  let [underWay, most] = [0, 0]
  const answer: RequestListener = (_request, response) => {
    most = Math.max(most, (underWay += 1))
    setImmediate(() => {
      underWay -= 1
      response.end()
    })
  }
  const port = await serve(answer)
  const watches = watchAll()
  watches.keepTo([service('kokoro', port)])
  const [up] = await until(watches, ([one]) => one?.state === 'up')
  await stop()
  const [down] = await until(watches, ([one]) => one?.state === 'down')
  expect(down?.detail).toMatch(/nothing listens|broke the connection/)
  expect(Date.parse(down?.since ?? '')).toBeGreaterThanOrEqual(Date.parse(up?.since ?? ''))
  await serve(answer, port)
  await until(watches, ([one]) => one?.state === 'up')
  expect(most).toBe(1)
})

test('one question that is answered badly between good ones changes nothing', async () => {
  let asked = 0
  const port = await serve((_request, response) => response.writeHead((asked += 1) % 3 === 0 ? 500 : 200).end())
  const watches = watchAll()
  watches.keepTo([service('kokoro', port)])
  const [first] = await until(watches, ([one]) => one?.state === 'up')
  const states = new Set<string | undefined>()
  await until(watches, ([one]) => {
    states.add(one?.state)
    return asked >= 12
  })
  expect([...states]).toEqual(['up'])
  expect(watches.looks[0]?.since).toBe(first?.since)
})

test('one that hangs holds no other up, and what is not in the list any more is not asked', async () => {
  const asked: IncomingMessage[] = []
  const hanging = await serve((request) => void asked.push(request))
  const good = await serve((_request, response) => response.end())
  const watches = watchAll()
  watches.keepTo([service('kokoro', hanging), service('http', good)])
  await until(watches, (looks) => looks[1]?.state === 'up' && asked.length === 1)
  expect(watches.looks[0]?.state).toBe('unknown')
  watches.keepTo([service('http', good)])
  const [left] = watches.looks
  await until(watches, ([one]) => one?.looked_at !== left?.looked_at)
  expect(asked).toHaveLength(1)
  expect(watches.looks.map(({ name }) => name)).toEqual(['http'])
})

test('what an earlier watch held is gone on from', async () => {
  const held: ServiceLook = {
    name: 'http',
    state: 'up',
    since: '2026-01-02T03:04:05.000Z',
    detail: null,
    looked_at: '2026-01-02T03:04:06.000Z',
    serves: null,
  }
  const watches = watchAll([held])
  watches.keepTo([service('http', await serve((_request, response) => response.end()))])
  await until(watches, ([one]) => one?.looked_at !== held.looked_at)
  expect(watches.looks[0]).toMatchObject({ state: 'up', since: held.since })
})
