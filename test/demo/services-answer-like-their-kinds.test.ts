import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServices, type DemoService } from '../../demo/services.ts'

let services: DemoService[]
beforeAll(async () => {
  services = await startServices([])
})
afterAll(() => services.forEach((service) => service.close()))

const ask = (name: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${String(services.find((one) => one.name === name)?.port)}${path}`, init)

test('the vector database has open probes, and data for those with the key', async () => {
  expect((await ask('vectors', '/readyz')).status).toBe(200)
  expect((await ask('vectors', '/collections')).status).toBe(401)
  expect(await (await ask('vectors', '/collections', { headers: { 'api-key': 'demo' } })).json()).toMatchObject({ status: 'ok' })
})

test('embeddings are given for a real question', async () => {
  expect((await ask('embeddings', '/health')).status).toBe(200)
  const answer = await ask('embeddings', '/v1/embeddings', { method: 'POST', body: '{"input":"hello"}' })
  expect(await answer.json()).toMatchObject({ data: [{ embedding: expect.any(Array) as unknown }] })
  expect((await ask('embeddings', '/elsewhere')).status).toBe(404)
})

test('two demos on one machine do not meet', async () => {
  const others = await startServices([])
  expect(new Set([...services, ...others].map(({ port }) => port)).size).toBe(4)
  others.forEach((service) => service.close())
})
