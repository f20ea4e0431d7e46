import { readdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { eventDataSchemas, type WebhookEventType } from '../../domain/event-data.ts'
import { eventTypes, type AuditEvent } from '../../domain/events.ts'
import { arbiterWorkflowId } from '../../domain/names.ts'
import { ApiServer } from '../api/api-server.ts'
import { auditUntil } from '../setup/audit.ts'
import { eventsOf } from './event-stream.ts'
import { startStage, type Stage } from './stage.ts'

const lock = '/api/swap/lock'
const model = 'qwen3-30b-a3b-fp8'
const other = 'gemma-3-27b'
let stage: Stage
let api: ApiServer
beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1'] })
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  expect(api.undeclared).toEqual([])
  await api.close()
  await stage.close()
})

/** What was told since, once all is told. */
async function story<T>(body: () => Promise<T>): Promise<{ told: AuditEvent[]; value: T }> {
  const before = (await stage.audit()).at(-1)?.seq ?? 0
  const value = await body()
  return { told: (await stage.audit()).filter(({ seq }) => seq > before), value }
}
const anna = { 'x-spark-holder': 'anna' }
const typesOf = (told: readonly AuditEvent[]): string[] => told.map(({ type }) => type)
const about = (told: readonly AuditEvent[], swapId: string): AuditEvent[] => told.filter((event) => event.swap_id === swapId)

test('acquire, extend, release and force leave their lines in order: who, from where, what was and what is', async () => {
  const { told, value } = await story(async () => {
    const first = await api.post(lock, { holder: 'nightly', ttl_s: 60, purpose: 'embeddings' })
    const token = { 'x-swap-lock-token': String(first.json.token) }
    const extended = await api.post(lock, { ttl_s: 600 }, token)
    await api.ask(lock, { method: 'DELETE', headers: token })
    const second = await api.post(lock, { holder: 'nightly', ttl_s: 60 })
    await api.ask(`${lock}?force=true`, { method: 'DELETE', headers: anna, body: { reason: 'it hangs' } })
    return { first, extended, second }
  })
  expect(typesOf(told)).toEqual(['lock_acquired', 'lock_extended', 'lock_released', 'lock_acquired', 'lock_forced'])
  const [acquired, extended, released, again, forced] = told
  const fences = [value.first.json.fence, value.first.json.fence, value.first.json.fence, value.second.json.fence, value.second.json.fence]
  expect(told.map(({ fence }) => fence)).toEqual(fences)
  expect(new Set(told.map(({ actor }) => actor?.address))).toEqual(new Set(['127.0.0.1']))
  expect(acquired).toMatchObject({ before: null, after: { holder: 'nightly', purpose: 'embeddings', expires_at: value.first.json.expires_at } })
  expect(extended).toMatchObject({
    before: { expires_at: value.first.json.expires_at },
    after: { expires_at: value.extended.json.expires_at },
    data: null,
  })
  expect(released).toMatchObject({ before: { holder: 'nightly' }, after: null, data: { before_holder: 'nightly', after_holder: null } })
  expect(again?.hosts).toEqual(['spark-1'])
  expect(forced).toMatchObject({
    actor: { name: 'anna' },
    reason: 'it hangs',
    before: { holder: 'nightly' },
    data: { holder: 'nightly', by: 'anna', reason: 'it hangs' },
  })
})

test('a swap is told from its turn to its end, with what was there before', async () => {
  const { told, value } = await story(async () => {
    await stage.swap(other)
    const accepted = await api.post('/api/swap', { model, reason: 'the day model' }, { ...anna, 'x-spark-schedule': 'day-model' })
    await stage.client.workflow.getHandle(`swap/${stage.clusterId}/${String(accepted.json.swap_id)}`).result()
    return accepted
  })
  const [started, complete, ...more] = about(told, String(value.json.swap_id))
  expect(more).toEqual([])
  expect(started).toMatchObject({
    type: 'swap_started',
    actor: { name: 'anna', address: '127.0.0.1' },
    reason: 'the day model',
    fence: value.json.fence,
  })
  expect(started?.data).toMatchObject({ model, previous_model: other, affected_hosts: ['spark-1'], schedule: 'day-model' })
  expect(complete).toMatchObject({ type: 'swap_complete', result: 'completed', fence: value.json.fence, schedule: 'day-model' })
  expect(complete).toMatchObject({ before: { deployments: [{ model: other }] }, after: { model, left: { 'spark-1': 'target' } } })
  expect(complete?.data).toMatchObject({ outcome: 'completed', previous_model: other, left: { 'spark-1': 'target' }, cause: null })
  const phases = complete?.data?.['phases'] as { name: string; duration_s: number }[]
  expect(phases.map(({ name }) => name)).toEqual(['preflight', 'stop', 'launch', 'warm', 'validate'])
  for (const { duration_s } of phases) expect(duration_s).toBeGreaterThanOrEqual(0)
})

test('a cancelled swap: who asked for its end, then how it ended', async () => {
  stage.host('spark-1').behave({ load_s: 30 })
  const { told, value } = await story(async () => {
    const running = await stage.startSwap(other)
    await running.inPhase('launch')
    stage.host('spark-1').behave({ load_s: 0.2 })
    const id = running.handle.workflowId.split('/').at(-1) ?? ''
    expect((await api.post(`/api/swap/${id}/cancel`, { reason: 'wrong one' }, anna)).status).toBe(202)
    await running.result()
    return id
  })
  const lines = about(told, value)
  expect(typesOf(lines)).toEqual(['swap_started', 'swap_cancel_requested', 'swap_failed'])
  expect(lines[1]).toMatchObject({ actor: { name: 'anna', address: '127.0.0.1' }, reason: 'wrong one' })
  expect(lines[2]).toMatchObject({ result: 'cancelled', data: { outcome: 'cancelled' } })
})

test('a swap that was terminated by hand has its end told, once', async () => {
  stage.host('spark-1').behave({ load_s: 60 })
  const running = await stage.startSwap(other)
  const id = running.handle.workflowId.split('/').at(-1) ?? ''
  await running.inPhase('launch')
  await running.handle.terminate('by hand')
  const isEnd = ({ type, swap_id }: AuditEvent): boolean => swap_id === id && type === 'swap_failed'
  await auditUntil(stage.places.auditDir, (lines) => lines.some(isEnd))
  stage.host('spark-1').behave({ load_s: 0.2 })
  await stage.until((view) => view.active.length === 0 && view.hosts.every(({ state }) => state === 'known'))
  const [end, ...more] = (await stage.audit()).filter(isEnd)
  expect(more).toEqual([])
  expect(end).toMatchObject({ result: 'terminated', data: { outcome: 'terminated', cause: { code: 'terminated' }, left: { 'spark-1': 'unknown' } } })
  expect(end?.after).toEqual({ model: other, left: { 'spark-1': 'unknown' } })
})

test('an arbiter that is lost while a swap ends: the end is told all the same, once', async () => {
  stage.host('spark-1').behave({ load_s: 3 })
  const running = await stage.startSwap(other)
  await running.inPhase('launch')
  await stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId)).terminate('lost')
  expect(await running.result()).toMatchObject({ outcome: 'completed' })
  stage.host('spark-1').behave({ load_s: 0.2 })
  await stage.surveyed()
  const ends = (await stage.audit()).filter(
    ({ swap_id, type }) => swap_id === running.handle.workflowId.split('/').at(-1) && /complete|failed/.test(type),
  )
  expect(ends).toMatchObject([{ type: 'swap_complete', result: 'completed' }])
})

test('a host that goes and comes back is told of, each once', async () => {
  const { told } = await story(async () => {
    await stage.host('spark-1').powerOff()
    await auditUntil(stage.places.auditDir, (lines) => lines.at(-1)?.type === 'host_unreachable')
    await stage.host('spark-1').powerOn()
    await auditUntil(stage.places.auditDir, (lines) => lines.at(-1)?.type === 'host_back')
  })
  expect(told.filter(({ type }) => type.startsWith('host_'))).toMatchObject([
    { type: 'host_unreachable', hosts: ['spark-1'], data: { host: 'spark-1', cause: expect.any(String) } },
    { type: 'host_back', hosts: ['spark-1'], data: { host: 'spark-1', cause: null } },
  ])
  await stage.until((view) => view.hosts.every(({ state }) => state === 'known'))
})

test('while the disk is full nothing is lost and nobody waits; then all is written down in order, and who follows has it', async () => {
  const before = await stage.audit()
  const following = eventsOf(`${api.url}/api/events/stream`, {
    lastEventId: String(before.at(-1)?.seq),
    last: ({ data }) => (data as AuditEvent).type === 'lock_released' && (data as AuditEvent).data?.['holder'] === 'holder 4',
  })
  const newest = join(stage.places.auditDir, readdirSync(stage.places.auditDir).sort().at(-1) ?? '')
  renameSync(newest, `${newest}.aside`)
  symlinkSync('/dev/full', newest)
  for (let i = 0; i < 5; i++) {
    const { json } = await api.post(lock, { holder: `holder ${String(i)}` })
    expect((await api.ask(lock, { method: 'DELETE', headers: { 'x-swap-lock-token': String(json.token) } })).status).toBe(200)
  }
  const outbox = await stage.client.workflow.getHandle(arbiterWorkflowId(stage.clusterId)).query<readonly unknown[]>('outbox')
  renameSync(`${newest}.aside`, newest)
  expect(outbox).toHaveLength(10)
  const told = (await stage.audit()).slice(before.length)
  expect(told.map(({ type, data }) => [type, data?.['holder']])).toEqual(
    Array.from({ length: 5 }, (_, i) => ['lock_acquired', 'lock_released'].map((type) => [type, `holder ${String(i)}`])).flat(),
  )
  expect((await following).map(({ data }) => data)).toEqual(told)
})

test('every line of it has its own id and a higher seq, and data as its schema says', async () => {
  const lines = await stage.audit()
  expect(lines.length).toBeGreaterThan(20)
  expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length)
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map(({ seq }) => seq).toSorted((a, b) => a - b))
  for (const { type, data } of lines) {
    if (eventTypes[type].webhook) expect(eventDataSchemas[type as WebhookEventType].parse(data)).toEqual(data)
    else expect(data).toBeNull()
  }
})
