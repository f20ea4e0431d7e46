import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { PlanReport, Swap } from '../../domain/swap.ts'
import { ApiServer } from '../api/api-server.ts'
import { eventsOf } from './event-stream.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let api: ApiServer
beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1', 'spark-2'], load_s: 1 })
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  await api.close()
  await stage.close()
})
afterEach(() => {
  expect(api.undeclared).toEqual([])
})

/** Follows a swap to its end and returns its record. */
async function ended(swapId: string): Promise<Swap> {
  await eventsOf(`${api.url}/api/swap/${swapId}/stream`)
  return Swap.parse((await api.ask(`/api/swap/${swapId}`)).json)
}

test('a swap is accepted with its address, can be followed to its end, and is listed', async () => {
  const answer = await api.post('/api/swap', { model: 'gemma-3-27b', reason: 'a test' }, { 'x-spark-holder': 'Ada' })
  expect(answer.status).toBe(202)
  expect(answer.json).toMatchObject({ model: 'gemma-3-27b', hosts: ['spark-1'], state: 'running', position: null, holder: 'Ada', reason: 'a test' })
  expect(answer.json.fence).toBeGreaterThan(0)
  const swapId = String(answer.json.swap_id)
  expect(answer.headers.location).toBe(`/api/swap/${swapId}`)

  const messages = await eventsOf(`${api.url}/api/swap/${swapId}/stream`)
  expect(messages.at(-1)).toMatchObject({ event: 'end', data: { outcome: 'completed' } })
  expect(messages.filter(({ event }) => event === 'swap').length).toBeGreaterThan(2)
  expect(messages.some(({ event }) => event === 'log')).toBe(true)

  expect((await api.ask(`/api/swap/${swapId}`)).json).toMatchObject({ state: 'done', outcome: 'completed' })
  expect((await api.ask(`/api/swap/${swapId}/log?lines=3`)).text.split('\n').filter(Boolean)).toHaveLength(3)
  expect((await stage.serves('spark-1'))?.id).toBe(stage.model('gemma-3-27b').served_name)
  await expect.poll(async () => (await api.ask('/api/swap?outcome=completed')).json.swaps[0]?.swap_id as unknown).toBe(swapId)
})

test('a stream goes on after the event that was last seen, without a repeat', async () => {
  const [{ swap_id: swapId }] = (await api.ask('/api/swap')).json.swaps as Swap[] as [Swap]
  await expect
    .poll(async () => Swap.parse((await api.ask(`/api/swap/${swapId}`)).json).phases.at(-1))
    .toMatchObject({ name: 'notify', state: 'done' })
  const url = `${api.url}/api/swap/${swapId}/stream`
  const whole = await eventsOf(url)
  const rest = await eventsOf(url, { lastEventId: whole[0]?.id ?? '' })
  expect(rest).toEqual(whole.slice(1))
})

test('what serves already, as asked and healthily, is 200 and starts nothing', async () => {
  await expect
    .poll(async () => (await api.ask('/api/status')).json.hosts[0].deployment as unknown, { timeout: 20_000 })
    .toMatchObject({ model: 'gemma-3-27b', healthy: true, adopted: false })
  const changes = (): number => stage.events('spark-1', 'container_run', 'container_exit', 'engine_start').length
  const before = changes()
  const answer = await api.post('/api/swap', { model: 'gemma-3-27b' })
  expect(answer.status).toBe(200)
  expect(answer.json).toMatchObject({ already_serving: true, model: 'gemma-3-27b', hosts: ['spark-1'] })
  expect(changes()).toBe(before)
})

test('a dry run and a check report the plan and change nothing', async () => {
  const changes = (): number => stage.hosts.flatMap(({ name }) => stage.events(name, 'container_run', 'container_exit', 'engine_start')).length
  const before = changes()
  const dryRun = await api.post('/api/swap', { model: 'mistral-small-3.2', dry_run: true })
  expect(dryRun.status).toBe(200)
  const report = PlanReport.parse(dryRun.json)
  expect(report).toMatchObject({ ok: true, model: 'mistral-small-3.2', hosts: ['spark-1'] })
  expect(report.plan.map(({ command }) => command).join('\n')).toMatch(/docker.* .*run/)
  const check = await api.post('/api/swap/deepseek-r1-llama-70b/validate', { hosts: ['spark-2'] })
  expect(PlanReport.parse(check.json)).toMatchObject({ ok: false, hosts: ['spark-2'] })
  expect(changes()).toBe(before)
  expect((await api.ask('/api/status')).json.swap).toBeNull()
})

test('while a swap runs: another is 409 and names it; queued, it waits and can be taken back; the other host is free', async () => {
  const first = await api.post('/api/swap', { model: 'demo-never-healthy', on_failure: 'leave' })
  expect(first.status).toBe(202)
  const busy = await api.post('/api/swap', { model: 'gemma-3-27b' })
  expect(busy.json).toMatchObject({ status: 409, code: 'busy', busy: { swap_id: first.json.swap_id, model: 'demo-never-healthy' } })
  expect(Number(busy.headers['retry-after'])).toBeGreaterThan(0)

  const forced = await api.post('/api/swap?force=true', { model: 'gemma-3-27b', reason: 'impatience' })
  expect(forced.json).toMatchObject({ code: 'busy' })

  const queued = await api.post('/api/swap', { model: 'gemma-3-27b', on_busy: 'queue' })
  expect(queued.status).toBe(202)
  expect(queued.json).toMatchObject({ state: 'queued', position: 1, fence: null })
  const cancelledInQueue = await api.post(`/api/swap/${String(queued.json.swap_id)}/cancel`, { reason: 'changed my mind' })
  expect(cancelledInQueue.status).toBe(202)
  expect(await ended(queued.json.swap_id as string)).toMatchObject({ outcome: 'cancelled' })

  const elsewhere = await api.post('/api/swap', { model: 'mistral-small-3.2', hosts: ['spark-2'] })
  expect(elsewhere.status).toBe(202)

  const status = await api.ask('/api/status')
  expect(status.json.swap).not.toBeNull()
  expect((await api.post(`/api/swap/${String(first.json.swap_id)}/cancel`, {})).status).toBe(202)
  expect(await ended(first.json.swap_id as string)).toMatchObject({ outcome: 'cancelled' })
  expect((await api.post(`/api/swap/${String(first.json.swap_id)}/cancel`, {})).json).toMatchObject({ status: 409, code: 'swap_ended' })
  expect(await ended(elsewhere.json.swap_id as string)).toMatchObject({ outcome: 'completed' })
})

test('the same Idempotency-Key is the same swap, now and later; for another request it is 422', async () => {
  const ask = (body: object) => api.post('/api/swap', body, { 'idempotency-key': 'cron-2026-11-24' })
  const both = await Promise.all([ask({ model: 'gemma-3-27b' }), ask({ model: 'gemma-3-27b' })])
  const ids = new Set(both.map(({ json }) => String(json.swap_id)))
  expect(both.map(({ status }) => status)).toEqual([202, 202])
  expect(ids.size).toBe(1)
  const [swapId = ''] = ids
  expect(await ended(swapId)).toMatchObject({ outcome: 'completed' })
  expect((await ask({ model: 'gemma-3-27b' })).json).toMatchObject({ swap_id: swapId, state: 'done' })
  expect((await ask({ model: 'mistral-small-3.2' })).json).toMatchObject({ status: 422, code: 'id_reused', swap_id: swapId })
})

test('model null unloads, and needs hosts where it is not clear which', async () => {
  expect((await api.post('/api/swap', { model: null })).json).toMatchObject({ status: 422, code: 'ambiguous_unload' })
  const unload = await api.post('/api/swap', { model: null, hosts: ['spark-2'] })
  expect(unload.status).toBe(202)
  expect(await ended(unload.json.swap_id as string)).toMatchObject({ model: null, outcome: 'completed' })
  expect(await stage.serves('spark-2')).toBeNull()
})

test('a model that dies while loading is told with its cause', async () => {
  const answer = await api.post('/api/swap', { model: 'demo-unsupported-arch', on_failure: 'leave', hosts: ['spark-2'] })
  const swap = await ended(answer.json.swap_id as string)
  expect(swap).toMatchObject({ outcome: 'left_empty', cause: { code: 'unsupported_architecture' } })
  expect(swap.cause?.line).toBeTruthy()
})

test('an unknown swap is 404 on each of its addresses', async () => {
  for (const path of ['', '/stream', '/log']) expect((await api.ask(`/api/swap/no-such-swap${path}`)).json).toMatchObject({ code: 'unknown_swap' })
  expect((await api.post('/api/swap/no-such-swap/cancel', {})).json).toMatchObject({ status: 404, code: 'unknown_swap' })
})

test('the list goes on where a page ended, each swap once', async () => {
  const seen: string[] = []
  for (let next: string | null = ''; next !== null;) {
    const { json }: { json: { swaps: { swap_id: string }[]; next: string | null } } = await api.ask(
      `/api/swap?limit=2${next === '' ? '' : `&before=${next}`}`,
    )
    seen.push(...json.swaps.map((swap) => swap.swap_id))
    next = json.next
  }
  expect(new Set(seen).size).toBe(seen.length)
  expect(seen.length).toBeGreaterThan(5)
  expect((await api.ask('/api/swap?before=bm9uc2Vuc2U')).json).toMatchObject({ status: 422, code: 'invalid_request' })
})

test('metrics tell what runs, with hosts and parts by name', async () => {
  const { text, headers } = await api.ask('/metrics')
  expect(headers['content-type']).toContain('text/plain')
  expect(text).toMatch(/^spark_part_up\{part="worker"\} 1$/m)
  expect(text).toMatch(/^spark_host_reachable\{host="spark-1"\} 1$/m)
  expect(text).toMatch(/^spark_recent_swaps\{outcome="completed"\} \d+$/m)
  expect((await api.ask('/readyz')).json).toMatchObject({ ok: true })
})
