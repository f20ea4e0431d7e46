import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { ConnectivityReport } from '../../domain/connectivity.ts'
import { restartWorkflowId } from '../../domain/names.ts'
import type { DeepReport } from '../../domain/services/deep-report.ts'
import type { Endpoints } from '../../domain/services/endpoints.ts'
import type { ServiceRestart } from '../../domain/services/restart.ts'
import { ApiServer } from '../api/api-server.ts'
import { keepHistory } from './keep-history.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let api: ApiServer
const servers: Server[] = []
const asked: Record<'vectors' | 'embeddings' | 'off' | 'switched', string[]> = { vectors: [], embeddings: [], off: [], switched: [] }

async function serve(name: keyof typeof asked, answer: RequestListener): Promise<number> {
  const server = createServer((request, response) => {
    asked[name].push(`${request.method ?? ''} ${request.url ?? ''}`)
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port // an address, because it listens on TCP
}

const fine: RequestListener = (_request, response) => response.end()
const locked: RequestListener = ({ url }, response) => response.writeHead(url === '/readyz' ? 200 : 401).end()
const embedding: RequestListener = ({ url }, response) =>
  response.end(
    url === '/v1/embeddings' ? JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.25, -0.5, 1] }] }) : '{}',
  )

beforeAll(async () => {
  stage = await startStage({ settings: { disabled_services: ['switched'], served_model_name_alias: 'current' } })
  const entries = [
    { name: 'vectors', kind: 'qdrant', host: 'spark-1', port: await serve('vectors', locked), container: 'qdrant' },
    { name: 'embeddings', kind: 'tei', host: 'spark-1', port: await serve('embeddings', embedding) },
    { name: 'off', kind: 'http', host: 'spark-1', port: await serve('off', fine), enabled: false },
    { name: 'switched', kind: 'http', host: 'spark-1', port: await serve('switched', fine) },
    { name: 'mistaken', kind: 'tcp', host: 'spark-1', port: 1, container: 'vllm_node' },
    { name: 'lost', kind: 'http', host: 'spark-9' },
  ]
  writeFileSync(join(stage.places.configDir, 'services-overrides.yaml'), stringify({ services: entries }))
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  await api.close()
  await stage.close()
  for (const server of servers) server.close().closeAllConnections()
})
afterEach(() => expect(api.undeclared).toEqual([]))

async function endpointsWhen(wanted: (endpoints: Endpoints) => boolean): Promise<Endpoints> {
  for (;;) {
    const endpoints = (await api.ask('/api/endpoints')).json as Endpoints
    if (wanted(endpoints)) return endpoints
    await pause(100)
  }
}
const stateOf = ({ services }: Endpoints, name: string) => services.find((one) => one.name === name)?.state

const onHost = async (command: string): Promise<string> => {
  const exit = await stage.ssh.look('spark-1', ['sh', '-c', command])
  if (exit.kind !== 'exited') throw new Error(exit.reason)
  return exit.stdout.trim()
}
const startedAt = (): Promise<string> => onHost("docker inspect --format '{{.State.StartedAt}}' qdrant")

async function ended(id: string): Promise<ServiceRestart> {
  for (;;) {
    const restart = (await api.ask(`/api/services/restarts/${id}`)).json as ServiceRestart
    if (restart.state !== 'running') return restart
    await pause(50)
  }
}

test('endpoints and status show each service as it is, and what is switched off is listed, never probed', async () => {
  const endpoints = await endpointsWhen((now) => stateOf(now, 'vectors') === 'up_needs_key' && stateOf(now, 'embeddings') === 'up')
  expect(endpoints.services.map(({ name }) => name)).toEqual(['vectors', 'embeddings', 'mistaken'])
  expect(endpoints.services[0]).toMatchObject({
    detail: '/collections answered 401',
    restartable: true,
    base_url: expect.stringMatching(/^http:\/\/127/),
  })
  expect(endpoints.services[1]?.base_url).toMatch(/\/v1$/)
  expect(endpoints.disabled.map(({ name }) => name)).toEqual(['off', 'switched'])
  expect(endpoints.problems).toEqual([expect.stringMatching(/^services-overrides\.yaml:\d+:\d+ services\.5\.host: no host is called spark-9$/)])
  expect(asked).toMatchObject({ off: [], switched: [] })
  expect((await api.ask('/api/status')).json).toMatchObject({
    services: [{ name: 'vectors', state: 'up_needs_key' }, { name: 'embeddings', state: 'up' }, { name: 'mistaken' }],
    parts: { config: { ok: true, detail: expect.stringContaining('no host is called spark-9') } },
  })
})

test('a restart runs under a claim of the gate, with its fence, and is proven', async () => {
  await onHost('docker run -d --name qdrant vllm-node sleep infinity')
  const [before, { fence }] = [await startedAt(), await stage.state()]
  const { status, headers, json } = await api.post('/api/services/vectors/restart', {}, { 'idempotency-key': 'once' })
  expect({ status, json }).toMatchObject({ status: 202, json: { service: 'vectors', host: 'spark-1', container: 'qdrant' } })
  const id = (json as ServiceRestart).restart_id
  expect(headers['location']).toBe(`/api/services/restarts/${id}`)
  expect(await ended(id)).toMatchObject({ state: 'ok', detail: 'qdrant runs again on spark-1' })
  await keepHistory(stage.client, 'service-restarted', restartWorkflowId(stage.clusterId, id))
  const after = await startedAt()
  expect(after).not.toBe(before)
  await stage.until(({ claims }) => claims.length === 0)
  expect((await stage.ssh.marker('spark-1')).fence).toMatchObject({ fence: fence + 1 })
  const again = await api.post('/api/services/vectors/restart', {}, { 'idempotency-key': 'once' })
  expect(again.json).toMatchObject({ restart_id: id, state: 'ok' })
  expect(await startedAt()).toBe(after)
  const told = (await stage.audit()).filter(({ type, reason }) => type === 'host_operation' && reason === 'restart vectors (qdrant)')
  expect(told.map(({ result }) => result)).toEqual(['begun', 'ended'])
})

test("a reservation of somebody else's refuses a restart, its own token passes", async () => {
  const token = ((await api.post('/api/swap/lock', { holder: 'Ada' })).json as { token: string }).token
  expect((await api.post('/api/services/vectors/restart', {})).json).toMatchObject({ status: 423, code: 'reserved', holder: 'Ada' })
  const mine = await api.post('/api/services/vectors/restart', {}, { 'x-swap-lock-token': token })
  expect(mine.status).toBe(202)
  expect(await ended((mine.json as ServiceRestart).restart_id)).toMatchObject({ state: 'ok' })
  await api.ask('/api/swap/lock', { method: 'DELETE', headers: { 'x-swap-lock-token': token } })
})

test('a swap that runs on the host refuses a restart', async () => {
  const swap = await stage.startSwap('gemma-3-27b')
  expect((await api.post('/api/services/vectors/restart', {})).json).toMatchObject({ status: 409, code: 'busy' })
  expect((await swap.result()).outcome).toBe('completed')
})

test("what is no service's container is not restarted", async () => {
  expect((await api.post('/api/services/vectrs/restart', {})).json).toMatchObject({ status: 404, code: 'unknown_service', near: ['vectors'] })
  expect((await api.post('/api/services/embeddings/restart', {})).json).toMatchObject({ status: 409, code: 'service_not_restartable' })
  const { status, json } = await api.post('/api/services/mistaken/restart', {})
  expect(status).toBe(202)
  const { restart_id: id } = json as ServiceRestart
  expect(await ended(id)).toMatchObject({ state: 'failed', detail: expect.stringMatching(/is a model's container/) })
  await keepHistory(stage.client, 'service-refused', restartWorkflowId(stage.clusterId, id))
  expect((await api.ask('/api/services/restarts/0123456789abcdef0123456789abcdef')).json).toMatchObject({ status: 404, code: 'unknown_restart' })
})

test('a model that is loaded is an endpoint, with the names that clients ask for', async () => {
  const { models, stable_alias } = await endpointsWhen((now) => now.models[0]?.state === 'up')
  expect(stable_alias).toBe('current')
  expect(models).toMatchObject([
    { name: 'gemma-3-27b', hosts: ['spark-1'], alias: 'google/gemma-3-27b-it', base_url: expect.stringMatching(/\/v1$/) },
  ])
  expect(models[0]?.since).not.toBeNull()
})

test('deep health asks for a real completion and a real embedding, and only when it is asked', async () => {
  expect(asked.embeddings).not.toContain('POST /v1/embeddings')
  const { status, json } = await api.ask('/api/health/deep')
  const { ok, checks } = json as DeepReport
  expect(status).toBe(200)
  expect(Object.fromEntries(checks.map((one) => [one.name, [one.asked, one.ok, one.detail]]))).toMatchObject({
    'gemma-3-27b': ['completion', true, expect.stringMatching(/^google\/gemma-3-27b-it gave \d+ tokens$/)],
    vectors: ['probe', true, '/collections answered 401'],
    embeddings: ['embedding', true, 'an embedding of 3 numbers'],
    mistaken: ['probe', false, 'nothing listens on its port'],
  })
  expect(ok).toBe(false)
  expect(asked.embeddings).toContain('POST /v1/embeddings')
  expect(asked).toMatchObject({ off: [], switched: [] })
})

async function ways(): Promise<ConnectivityReport['hosts']> {
  const { status, json } = await api.ask('/api/connectivity')
  expect(status).toBe(200)
  return (json as ConnectivityReport).hosts
}
const states = (way: ConnectivityReport['hosts'][number] | undefined) => Object.fromEntries(way?.hops.map(({ hop, state }) => [hop, state]) ?? [])

test('the way to a host is tried hop by hop, and the first that breaks is named', async () => {
  const host = stage.host('spark-1')
  const [whole] = await ways()
  expect(whole).toMatchObject({ ok: true, broke: null })
  expect(states(whole)).toEqual({ dns: 'ok', tcp: 'ok', ssh: 'ok', docker: 'ok', port: 'ok' })

  host.removeDocker()
  const [noDocker] = await ways()
  expect(noDocker).toMatchObject({ ok: false, broke: 'docker', hops: expect.arrayContaining([expect.objectContaining({ hop: 'ssh', state: 'ok' })]) })
  host.restoreDocker()

  await onHost('docker stop --time 1 vllm_node')
  expect(await ways()).toMatchObject([{ broke: 'port' }])

  await host.changeHostKey()
  const [otherKey] = await ways()
  expect(otherKey).toMatchObject({ broke: 'ssh' })
  expect(otherKey?.hops.find(({ hop }) => hop === 'ssh')?.cause?.code).toBe('host_key_changed')
  expect(states(otherKey)).toEqual({ dns: 'ok', tcp: 'ok', ssh: 'broken', docker: 'skipped', port: 'broken' })

  await host.powerOff()
  const [off] = await ways()
  expect(off).toMatchObject({ broke: 'tcp' })
  expect(states(off)).toEqual({ dns: 'ok', tcp: 'broken', ssh: 'skipped', docker: 'skipped', port: 'broken' })
})

test('a host whose name nobody knows breaks at its name', async () => {
  const file = join(stage.places.configDir, 'cluster.yaml')
  const cluster = parse(readFileSync(file, 'utf8')) as { hosts: object[] } // as the stage wrote it
  writeFileSync(file, stringify({ ...cluster, hosts: [...cluster.hosts, { name: 'nowhere', address: 'no-such-host.invalid' }] }))
  const nowhere = (await ways()).find(({ host }) => host === 'nowhere')
  expect(nowhere?.broke).toBe('dns')
  expect(states(nowhere)).toEqual({ dns: 'broken', tcp: 'skipped', ssh: 'skipped', docker: 'skipped', port: 'skipped' })
})
