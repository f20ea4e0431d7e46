import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { createSurveyActivities, type SurveyRequest } from '../../activities/survey.ts'
import type { HostSurvey } from '../../domain/arbitration/host-survey.ts'
import { monitorWorkflowId } from '../../domain/names.ts'
import { MonitorBeat } from '../../domain/monitor-beat.ts'
import type { HostLook } from '../../domain/status.ts'
import { defaultPayloadConverter } from '@temporalio/common'
import { setTimeout as pause } from 'node:timers/promises'
import { startStage, type Stage } from './stage.ts'

const model = 'gemma-3-27b'
let stage: Stage

beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1', 'spark-2'] })
})
afterAll(() => stage.close())

function survey(more: Partial<SurveyRequest> = {}): Promise<HostSurvey> {
  const { clusterId, ssh: hosts, config, client, taskQueue, places } = stage
  const [log, ending] = [pino({ level: 'silent' }), new AbortController().signal]
  const { surveyHost } = createSurveyActivities({ hosts, config, client, taskQueue, places, log, ending })
  return new MockActivityEnvironment().run(surveyHost, { clusterId, host: 'spark-1', surveyId: 'test', fence: 1, remnants: [], ...more })
}

/** The monitor's last looks, as any API process reads them: without a worker. */
async function looks(): Promise<HostLook[]> {
  const { raw } = await stage.client.workflow.getHandle(monitorWorkflowId(stage.clusterId)).describe()
  const [payload] = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? []
  return payload == null ? [] : MonitorBeat.parse(defaultPayloadConverter.fromPayload(payload)).hosts
}
async function untilLook(host: string, wanted: (look: HostLook) => boolean): Promise<HostLook> {
  for (;;) {
    const look = (await looks()).find((one) => one.host === host)
    if (look !== undefined && wanted(look)) return look
    await pause(100)
  }
}

test('the monitor sees what a host holds and whether it is healthy', async () => {
  const done = await stage.swap(model)
  expect(done.outcome).toBe('completed')
  const look = await untilLook('spark-1', (one) => one.healthy && one.containers.some((container) => container.swap_id === done.swap_id))
  expect(look).toMatchObject({ reachable: true, cause: null, serving: { model_id: stage.model(model).served_name } })
  expect(look.mem_available_bytes).toBeGreaterThan(0)
  expect(await untilLook('spark-2', () => true)).toMatchObject({ reachable: true, healthy: false, serving: null })
})

test('a host that is off delays no look at the other', async () => {
  await stage.host('spark-2').powerOff()
  const off = await untilLook('spark-2', (one) => !one.reachable)
  expect(off.cause?.code).toBe('host_unreachable')
  const { looked_at } = await untilLook('spark-1', (one) => one.looked_at > off.looked_at)
  await untilLook('spark-1', (one) => one.looked_at > looked_at && one.healthy)
  await stage.host('spark-2').powerOn()
  await untilLook('spark-2', (one) => one.reachable)
})

test('a survey raises the fence above the host’s own, and recognises the deployment with all that a restore needs', async () => {
  const before = await stage.ssh.marker('spark-1')
  const found = await survey()
  expect(found).toMatchObject({ reachable: true, cause: null, deployment: { model, adopted: false, snapshot: { key: model } }, strays: [] })
  expect(found.fence).toBeGreaterThan(before.fence?.fence ?? Infinity)
  expect((await stage.ssh.marker('spark-1')).fence?.fence).toBe(found.fence)
})

test('what is left on a host in quarantine is stopped, with proof, before it counts as clear', async () => {
  const found = await survey({ fence: 1, remnants: [stage.model(model).container] })
  expect(found).toMatchObject({ reachable: true, cause: null, deployment: null })
  expect(await stage.serves('spark-1')).toBeNull()
})

test('a host of another cluster is named, and its fence left alone', async () => {
  const { fence } = await stage.ssh.marker('spark-1')
  expect(await survey({ clusterId: 'another' })).toMatchObject({ foreignCluster: stage.clusterId, code: 'foreign_cluster' })
  expect((await stage.ssh.marker('spark-1')).fence).toEqual(fence)
})

test('a host that leaves cluster.yaml is forgotten, and one that comes is surveyed', async () => {
  const file = join(stage.places.configDir, 'cluster.yaml')
  const whole = readFileSync(file, 'utf8')
  const cluster = parse(whole) as { hosts: { name: string }[] } // written by the stage
  writeFileSync(file, stringify({ ...cluster, hosts: cluster.hosts.slice(0, 1) }))
  await stage.until((view) => view.hosts.length === 1)
  writeFileSync(file, whole)
  await stage.until((view) => view.hosts.length === 2 && view.hosts.every((host) => host.state === 'known'))
})
