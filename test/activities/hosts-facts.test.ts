import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import { startDemoHost, type DemoHost } from '../../demo/host.ts'
import { clusterOf, hostAt, newKeys, type Keys } from './ssh-test-server.ts'

let dir: string
let keys: Keys
let spark: DemoHost
let hosts: Hosts
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'spark-facts-'))
  keys = await newKeys()
  spark = await startDemoHost({ name: 'spark-1', dir: join(dir, 'spark-1'), authorizedKeys: [keys.authorized], timeScale: 0.05, models: [] })
  await keys.pin({ port: spark.sshPort, publicKey: spark.hostKey })
  const host = hostAt(spark.sshPort, {
    user: spark.user,
    vllmPort: spark.vllmPort,
    stateDir: '/var/lib/spark-control',
    hfCache: '~/.cache/huggingface',
    container: null,
    extraDockerArgs: null,
    fabricAddress: null,
    ethIf: null,
    ibIf: null,
    modelRoots: ['~'],
  })
  hosts = createHosts({ cluster: () => clusterOf(host), keysDir: keys.dir })
})
afterAll(async () => {
  await hosts.close()
  await spark.close()
  await keys.remove()
  rmSync(dir, { recursive: true, force: true })
})

const mark = (fence: number): { clusterId: string; fence: number; step: number; attempt: number } => ({
  clusterId: 'demo',
  fence,
  step: 1,
  attempt: 1,
})
const swap = { cluster: 'demo', swap: 'swap-0001', fence: 7, step: 1, attempt: 1, model: 'qwen3-30b' }
const run = (...flags: string[]): Promise<unknown> =>
  hosts.change('spark-1', mark(7), ['docker', 'run', '--detach', ...flags, 'vllm-node', 'sleep', 'infinity'], { limit_s: 20 })

test('an idle host tells its memory, clock, boot, GPU, disk and home, and that it has no fence yet', async () => {
  const facts = await hosts.facts('spark-1')
  expect(facts).toMatchObject({
    memTotalBytes: 127_600_748 * 1024,
    gpu: { name: 'NVIDIA GB10' },
    computeApps: [],
    docker: { ok: true, detail: '' },
    containers: [],
    fence: null,
    fenceTrouble: null,
    marker: null,
    portListening: false,
  })
  expect(facts.bootId).toMatch(/^[0-9a-f-]{36}$/)
  expect(facts.home).toMatch(/^\//)
  expect(facts.memAvailableBytes).toBeGreaterThan(100 * 2 ** 30)
  expect(Math.abs((facts.hostTimeMs ?? 0) - Date.now())).toBeLessThan(60_000)
})

test('containers show their mark, from labels as from the environment, and fence and marker are read back', async () => {
  const marker = { cluster_id: 'demo', swap: 'swap-0001', fence: 7, step: 1, attempt: 1, model: 'qwen3-30b', container: 'by-label' }
  await hosts.change('spark-1', mark(7), ['true'], { limit_s: 5, marker })
  await run('--name', 'by-label', ...Object.entries(swap).flatMap(([name, value]) => ['--label', `spark.${name}=${value}`]))
  await run('--name', 'by-env', '--rm', ...Object.entries(swap).flatMap(([name, value]) => ['-e', `SPARK_${name.toUpperCase()}=${value}`]))
  await run('--name', 'a.stranger', '-e', "QUOTES=it's $HOME", '--label', 'x={"Names":"fake"}')
  const facts = await hosts.facts('spark-1')
  const found = facts.containers.map(({ name, running, autoRemove, mark: its }) => ({ name, running, autoRemove, mark: its }))
  expect(found.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
    { name: 'a.stranger', running: true, autoRemove: false, mark: null },
    { name: 'by-env', running: true, autoRemove: true, mark: swap },
    { name: 'by-label', running: true, autoRemove: false, mark: swap },
  ])
  expect(facts).toMatchObject({ fence: { cluster_id: 'demo', fence: 7, step: 1, attempt: 1 }, marker, stateDir: 'writable' })
  expect(await hosts.marker('spark-1')).toEqual({ fence: facts.fence, step: marker })
})

test('a fence file that is none is trouble in the facts, and an error where the fence is asked for', async () => {
  await hosts.raiseFence('spark-1', mark(8))
  writeFileSync(spark.file('/var/lib/spark-control/fence'), 'rubbish')
  expect(await hosts.facts('spark-1')).toMatchObject({ fence: null, fenceTrouble: 'the fence file holds "rubbish"' })
  await expect(hosts.marker('spark-1')).rejects.toMatchObject({ code: 'fence_unwritable' })
  await expect(hosts.raiseFence('spark-1', mark(9))).rejects.toMatchObject({ code: 'fence_unwritable' })
  await hosts.takeOver('spark-1')
  expect((await hosts.marker('spark-1')).fence).toMatchObject({ cluster_id: 'demo', fence: 0 })
})

test('a host without docker says so, and tells all the rest', async () => {
  spark.removeDocker()
  const facts = await hosts.facts('spark-1')
  spark.restoreDocker()
  expect(facts.docker.ok).toBe(false)
  expect(facts.docker.detail).toContain('docker')
  expect(facts.memTotalBytes).toBe(127_600_748 * 1024)
})

test('a full disk refuses a change by its name', async () => {
  spark.fillDisk()
  const attempt = hosts.raiseFence('spark-1', mark(10))
  await expect(attempt).rejects.toMatchObject({ code: 'disk_full', host: 'spark-1' })
  expect((await hosts.facts('spark-1')).stateDirFreeBytes).toBe(0)
  spark.emptyDisk()
})

test('a host that was powered off is unreachable, and after power-on it has another boot', async () => {
  const before = (await hosts.facts('spark-1')).bootId
  await spark.powerOff()
  await expect(hosts.facts('spark-1')).rejects.toMatchObject({ code: 'host_unreachable' })
  await spark.powerOn()
  expect((await hosts.facts('spark-1')).bootId).not.toBe(before)
})
