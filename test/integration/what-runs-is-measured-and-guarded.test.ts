import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { AuditEvent } from '../../domain/events.ts'
import { guardianWorkflowId } from '../../domain/guardian/incident.ts'
import type { Status } from '../../domain/status.ts'
import type { Telemetry } from '../../domain/telemetry/telemetry.ts'
import { ApiServer } from '../api/api-server.ts'
import { auditUntil } from '../setup/audit.ts'
import { keepHistory } from './keep-history.ts'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let api: ApiServer

beforeAll(async () => {
  stage = await startStage({ settings: { guardian_wedged_s: 2, guardian_idle_w: 1000 } })
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterAll(async () => {
  await api.close()
  await stage.close()
})
afterEach(() => expect(api.undeclared).toEqual([]))

function set(settings: Record<string, unknown>): void {
  const file = join(stage.places.configDir, 'cluster.yaml')
  const cluster = parse(readFileSync(file, 'utf8')) as { settings: object }
  writeFileSync(file, stringify({ ...cluster, settings: { ...cluster.settings, ...settings } }))
}

const onHost = async (command: string): Promise<void> => {
  const exit = await stage.ssh.look('spark-1', ['sh', '-c', command])
  if (exit.kind !== 'exited' || exit.code !== 0) throw new Error(exit.stderr)
}

async function statusWhen(wanted: (host: Status['hosts'][number]) => boolean): Promise<Status['hosts'][number]> {
  for (;;) {
    const host = ((await api.ask('/api/status')).json as Status).hosts[0]
    if (host !== undefined && wanted(host)) return host
    await pause(100)
  }
}

/** The event that was told after so many of its kind. */
const nthEvent = async (type: AuditEvent['type'], nth: number): Promise<AuditEvent> => {
  const lines = await auditUntil(stage.places.auditDir, (all) => all.filter((event) => event.type === type).length >= nth)
  return lines.filter((event) => event.type === type)[nth - 1]!
}

const isFrom = (swapId: string | null | undefined, nth: number): boolean => swapId?.startsWith(`guardian-${nth}-`) === true
const workflowOf = (eventId: string): string => guardianWorkflowId(stage.clusterId, eventId.replace(/^evt_(lost|wedged)_/, ''))
const ended = async (eventId: string, end: object): Promise<void> =>
  expect(await stage.client.workflow.getHandle(workflowOf(eventId)).result()).toMatchObject(end)
const known = (): Promise<unknown> => stage.until(({ hosts }) => hosts.every(({ state }) => state === 'known'))

/** It has asked the gate, was refused, and waits to ask again. */
async function refusedOnce(eventId: string): Promise<void> {
  for (;;) {
    const { events } = await stage.client.workflow.getHandle(workflowOf(eventId)).fetchHistory()
    if (events?.some((event) => event.timerStartedEventAttributes != null) === true) return
    await pause(100)
  }
}

test('figures of the host and of the model on it come, by REST and in the status', { timeout: 90_000 }, async () => {
  await stage.swap('gpt-oss-120b')
  const { telemetry } = await statusWhen((host) => host.telemetry?.requests_running != null)
  expect(telemetry).toMatchObject({ requests_running: 0, gpu_power_w: expect.any(Number), load_1: expect.any(Number), uptime_s: expect.any(Number) })
  for (;;) {
    const { json } = await api.ask('/api/telemetry?host=spark-1&step_s=2')
    const { hosts, step_s } = json as Telemetry
    const points = hosts[0]?.points ?? []
    if (points.some((point) => point.generation_tokens_per_s !== null && point.net_rx_bytes_per_s !== null)) {
      expect(step_s).toBeGreaterThanOrEqual(2)
      break
    }
    await pause(250)
  }
  expect((await api.ask('/api/telemetry?host=nobody')).json).toMatchObject({ status: 422, code: 'unknown_host' })
  expect((await api.ask('/api/telemetry?step_s=soon')).json).toMatchObject({ status: 422, code: 'invalid_request' })
})

test('an engine that makes no tokens for its requests is told as wedged, and started anew where asked', { timeout: 120_000 }, async () => {
  set({ guardian_restart: true })
  stage.host('spark-1').behave({ wedged: true })
  const client = stage.keepBusy('spark-1', 60)
  const wedged = await nthEvent('engine_wedged', 1)
  expect(wedged).toMatchObject({ hosts: ['spark-1'], data: { model: 'gpt-oss-120b' }, result: expect.stringContaining('no token was made') })
  await auditUntil(stage.places.auditDir, (all) => all.some(({ type, swap_id }) => type === 'swap_started' && isFrom(swap_id, 1)))
  stage.host('spark-1').behave({ wedged: false })
  await client.leave()
  await stage.until(({ deployments, active }) => active.length === 0 && isFrom(deployments[0]?.swapId, 1))
  await statusWhen((host) => host.deployment?.healthy === true && host.deployment.wedged_since === null)
  await ended(wedged.id, { state: 'ok' })
  await keepHistory(stage.client, 'guardian-restarted', workflowOf(wedged.id))
})

test(
  'where asked, what is lost is put back; not while somebody else has reserved the host; and at most twice in a row',
  { timeout: 120_000 },
  async () => {
    set({ put_back: true })
    const tokenHash = randomBytes(32).toString('hex')
    await stage.ask({ type: 'acquire', tokenHash, holder: 'a cron job', purpose: null, ttlS: 600, hosts: ['spark-1'] })
    await onHost('docker kill vllm_node')
    const lost = await nthEvent('deployment_lost', 1)
    expect(lost).toMatchObject({ actor: { name: 'guardian' }, hosts: ['spark-1'], data: { model: 'gpt-oss-120b' } })
    await refusedOnce(lost.id)
    await stage.ask({ type: 'release', tokenHash })
    const released = await nthEvent('lock_released', 1)
    const back = await stage.until(({ deployments }) => isFrom(deployments[0]?.swapId, 2))
    expect(back.deployments).toMatchObject([{ model: 'gpt-oss-120b' }])
    const started = (await stage.audit()).find(({ type, swap_id }) => type === 'swap_started' && isFrom(swap_id, 2))
    expect(started?.seq).toBeGreaterThan(released.seq)
    expect(started?.actor).toMatchObject({ name: 'guardian' })
    await ended(lost.id, { state: 'ok' })
    await keepHistory(stage.client, 'guardian-put-back', workflowOf(lost.id))

    await onHost('docker rm -f vllm_node')
    expect(await nthEvent('guardian_gave_up', 1)).toMatchObject({ hosts: ['spark-1'], result: 'it was started 2 times in a row' })
    const again = await nthEvent('deployment_lost', 2)
    expect(again).toMatchObject({ result: 'its container is gone from spark-1', data: { last_line: null } })
    await ended(again.id, { state: 'skipped' })
    await statusWhen((host) => host.deployment === null)
  },
)

test('what somebody starts by hand under a reservation is adopted; its unload is no loss, its end by hand is', { timeout: 120_000 }, async () => {
  set({ put_back: false })
  const tokenHash = randomBytes(32).toString('hex')
  await stage.ask({ type: 'acquire', tokenHash, holder: 'a cron job', purpose: null, ttlS: 600, hosts: ['spark-1'] })
  const { vllmPort } = stage.host('spark-1')
  const byHand = `docker run -d --name vllm_node --network host --gpus all -v ~/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve openai/gpt-oss-120b --port ${vllmPort}`
  await onHost(byHand)
  expect(await nthEvent('deployment_adopted', 1)).toMatchObject({ hosts: ['spark-1'], result: 'its container is vllm_node' })
  expect((await stage.state()).deployments).toMatchObject([{ adopted: true, container: 'vllm_node' }])
  await stage.ask({ type: 'release', tokenHash })
  await known()
  expect(await stage.swap(null, { hosts: ['spark-1'] })).toMatchObject({ outcome: 'completed' })
  await onHost(byHand)
  await nthEvent('deployment_adopted', 2)
  expect((await stage.audit()).filter(({ type }) => type === 'deployment_lost')).toHaveLength(2)
  await onHost('docker rm -f vllm_node')
  const lost = await nthEvent('deployment_lost', 3)
  await ended(lost.id, { state: 'skipped', detail: 'the setting put_back is off' })
  await keepHistory(stage.client, 'guardian-told', workflowOf(lost.id))
  await stage.until(({ deployments }) => deployments.length === 0)
})
