import { expect, test } from 'vitest'
import type { ArbiterView } from '../../domain/arbitration/command.ts'
import type { Cluster } from '../../domain/cluster.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { rfc3339 } from '../../domain/names.ts'
import { hostStatuses, lookLifeMs, type Known } from '../../domain/status-view.ts'
import { HostStatus, type HostLook } from '../../domain/status.ts'

const now = 1_000_000
const host = (name: string, vllmPort: number) => ({
  name,
  address: '10.0.0.1',
  port: 22,
  user: 'spark',
  vllmPort,
  stateDir: '/s',
  launcherDir: '/l',
  hfCache: '/c',
  container: null,
  extraDockerArgs: null,
  fabricAddress: null,
  ethIf: null,
  ibIf: null,
  modelRoots: ['~'],
})
const cluster: Cluster = {
  clusterId: 'test',
  demo: false,
  hosts: [host('spark-1', 8801), host('spark-2', 8802)],
  defaultPlacement: ['spark-1'],
  container: 'vllm_node',
}
const deployment: Deployment = {
  model: 'mine',
  hosts: ['spark-1'],
  swapId: 'swap-0001',
  fence: 7,
  validatedAt: now,
  adopted: false,
  container: 'vllm_node',
  snapshot: null,
}
const view: ArbiterView = {
  clusterId: 'test',
  at: now,
  fence: 7,
  hosts: [{ host: 'spark-1', state: 'known', cause: null }],
  reservations: [],
  deployments: [deployment],
  active: [],
  queue: [],
  waiting: [],
  claims: [],
}
const look: HostLook = {
  host: 'spark-1',
  looked_at: rfc3339(now),
  reachable: true,
  cause: null,
  boot_id: null,
  mem_total_bytes: 128,
  mem_available_bytes: 64,
  gpu: null,
  containers: [{ name: 'vllm_node', running: true, swap_id: 'swap-0001' }],
  serving: { model_id: 'mine', root: null },
  healthy: true,
  telemetry: null,
  wedged_since: null,
}
const known: Known = { cluster, models: new Map(), arbiter: view, arbiterAnswers: true, looks: [look], now }

test('a host holds what the arbiter says and is healthy when the host says so', () => {
  const [first, second] = hostStatuses(known).map((status) => HostStatus.parse(status))
  expect(first).toMatchObject({
    name: 'spark-1',
    reachable: true,
    arbiter: 'known',
    mem_available_bytes: 64,
    deployment: { model: 'mine', healthy: true, base_url: 'http://10.0.0.1:8801', served_id: 'mine' },
  })
  expect(second).toMatchObject({ name: 'spark-2', reachable: null, arbiter: 'unknown', looked_at: null, deployment: null })
})

test('a host that can be seen but not used says why', () => {
  const cause = { code: 'foreign_cluster', message: 'it belongs to the cluster other' } as const
  const [first] = hostStatuses({ ...known, arbiter: { ...view, hosts: [{ host: 'spark-1', state: 'unreachable', cause }] } })
  expect(first).toMatchObject({ reachable: true, arbiter: 'unreachable', cause })
})

test('an old look says nothing about now', () => {
  const [old] = hostStatuses({ ...known, now: now + lookLifeMs + 1 })
  expect(old).toMatchObject({
    reachable: null,
    mem_available_bytes: null,
    looked_at: rfc3339(now),
    deployment: { model: 'mine', healthy: false, served_id: null },
  })
})

test('a host that serves another model than it should is not healthy', () => {
  const snapshot = { served_name: 'other' } as Deployment['snapshot']
  const [first] = hostStatuses({ ...known, arbiter: { ...view, deployments: [{ ...deployment, snapshot }] } })
  expect(first?.deployment).toMatchObject({ healthy: false, served_id: 'mine' })
})

test('while no arbiter was heard, a host is shown as it was seen', () => {
  const [first] = hostStatuses({ ...known, arbiter: null, arbiterAnswers: false })
  expect(first).toMatchObject({
    arbiter: 'unknown',
    deployment: { model: null, swap_id: 'swap-0001', served_id: 'mine', healthy: true, adopted: false },
  })
})

test('an arbiter that does not answer now keeps its last deployments, not its word on the host', () => {
  const [first] = hostStatuses({ ...known, arbiterAnswers: false })
  expect(first).toMatchObject({ arbiter: 'unknown', deployment: { model: 'mine' } })
})
