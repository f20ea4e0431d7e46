import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { createHosts } from '../../activities/hosts.ts'
import type { Swap } from '../../domain/swap.ts'
import { RealCluster } from './real-cluster.ts'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
const host = 'spark-a'
let cluster: RealCluster
beforeAll(async () => {
  cluster = await RealCluster.start(hosts)
  expect(await cluster.plane.swap({ model: 'first-docker', hosts: [host] })).toMatchObject({ outcome: 'completed' })
}, 150_000)
afterAll(() => cluster.close())

const trySwap = (): Promise<Swap> => cluster.plane.swap({ model: 'second-docker', hosts: [host] })

/** Makes the host's fence file that of a cluster, as `npm run trust -- <host> --takeover` from there does. */
async function takenOverBy(clusterId: string): Promise<void> {
  const { address, sshPort: port, user, vllmPort } = hosts.host(host)
  const places = { stateDir: '/var/lib/spark-control', launcherDir: '~/spark-vllm-docker', hfCache: '~/.cache/huggingface', modelRoots: ['~'] }
  const usual = { container: null, extraDockerArgs: null, fabricAddress: null, ethIf: null, ibIf: null }
  const one = {
    clusterId,
    demo: false,
    hosts: [{ name: host, address, port, user, vllmPort, ...places, ...usual }],
    defaultPlacement: [host],
    container: 'x',
  }
  const other = createHosts({ cluster: () => one, keysDir: cluster.keysDir })
  try {
    await other.takeOver(host)
  } finally {
    await other.close()
  }
}

/** Nothing was touched: the model that served is still the one that serves. */
afterEach(async () => {
  expect((await cluster.record(host)).filter(({ event }) => event === 'engine_start')).toHaveLength(1)
})

test('a full disk is said before anything is stopped', async () => {
  await hosts.fillDisk(host)
  expect(await trySwap()).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'disk_full' }, left: { [host]: 'previous' } })
  expect(await cluster.servedRoot(host)).toBe('spark-test/first')
  await hosts.emptyDisk(host)
})

test('a host whose fence is of another cluster refuses', async () => {
  await takenOverBy('somebody-else')
  expect(await trySwap()).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'foreign_cluster' }, left: { [host]: 'previous' } })
  expect(await cluster.servedRoot(host)).toBe('spark-test/first')
  await takenOverBy(cluster.clusterId)
})

test('a host that shows another key is not talked to, and both fingerprints are told', async () => {
  await hosts.changeHostKey(host)
  await hosts.cut(host, 'reset') // an open connection was trusted when it was made
  await cluster.plane.host(host, ({ reachable }) => reachable === false)
  await hosts.heal(host)
  const swap = await trySwap()
  expect(swap).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'host_key_changed' }, left: { [host]: 'previous' } })
  expect(swap.cause?.message).toMatch(/SHA256:\S+; pinned is SHA256:/)
  await hosts.restoreHostKey(host)
  await cluster.plane.host(host)
})

test('a docker daemon that is gone is said', async () => {
  await hosts.exec(host, ['pkill', '-KILL', 'dockerd'])
  const swap = await trySwap()
  expect(swap).toMatchObject({ outcome: 'preflight_failed', cause: { code: 'docker_missing' } })
  expect(swap.cause?.line).toContain('Cannot connect to the Docker daemon')
})
