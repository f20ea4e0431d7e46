import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { keepPort } from '../../demo/ports.ts'
import { ClusterFile } from '../../domain/cluster.ts'
import { ModelsFile } from '../../domain/model.ts'
import { runOn, until } from './spark.ts'

interface Ready {
  ready: true
  hosts: { name: string; ssh_port: number; vllm_port: number; fingerprint: string }[]
}

let dir: string
let children: ChildProcess[]

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'demo test '))
  children = []
  // The usual ports may be those of another demo on this machine.
  for (const name of ['spark-1', 'spark-2']) {
    mkdirSync(join(dir, name))
    writeFileSync(join(dir, name, 'ports.json'), JSON.stringify({ ssh_port: await keepPort(0), vllm_port: await keepPort(0) }))
  }
})
afterEach(async () => {
  for (const child of children.filter((each) => each.exitCode === null && each.signalCode === null)) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  rmSync(dir, { recursive: true, force: true })
})

async function start(): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../demo/start.ts'), '--dir', dir, '--load-s', '0.2', '--time-scale', '0.02'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  let said = ''
  for await (const part of child.stdout) {
    said += String(part)
    if (said.includes('\n')) break
  }
  return { child, ready: JSON.parse(said) as Ready }
}

async function connect(port: number): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  client.connect({ host: '127.0.0.1', port, username: 'spark', privateKey: readFileSync(join(dir, 'keys', 'id_ed25519')) })
  await once(client, 'ready')
  return client.on('error', () => undefined)
}

/** Processes of this machine that belong to the demo's hosts. */
function leftovers(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marks.get(dir) ?? 'nothing')
    } catch {
      return false
    }
  })
}
const marks = new Map<string, string>()

test('two hosts, and all that a control plane needs to know of them', async () => {
  const { ready, child } = await start()
  expect(ready.hosts.map(({ name }) => name)).toEqual(['spark-1', 'spark-2'])
  const cluster = ClusterFile.parse(parse(readFileSync(join(dir, 'config', 'cluster.yaml'), 'utf8')))
  expect(cluster.cluster_id).toBe('demo')
  expect(cluster.hosts).toMatchObject(
    ready.hosts.map(({ name, ssh_port, vllm_port }) => ({ name, port: ssh_port, vllm_port, address: '127.0.0.1', user: 'spark' })),
  )
  const { models } = ModelsFile.parse(parse(readFileSync(join(dir, 'config', 'models.yaml'), 'utf8')))
  expect(Object.values(models).filter(({ repo }) => repo !== undefined && !repo.startsWith('spark-control-demo/')).length).toBeGreaterThanOrEqual(8)
  expect(Object.values(models).some(({ local_path }) => local_path !== undefined)).toBe(true)
  expect(statSync(join(dir, 'keys', 'id_ed25519')).mode & 0o777).toBe(0o600)
  expect(readFileSync(join(dir, 'keys', 'known_hosts'), 'utf8')).toMatch(/^(\[127\.0\.0\.1\]:\d+ ssh-ed25519 AAAA\S+\n){2}$/)
  const client = await connect(ready.hosts[1]!.ssh_port)
  expect((await runOn(client, 'ls /models')).stdout).toBe('house-llama-3.1-8b\n')
  client.end()
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test.each(['SIGTERM', 'a closed input'])('it ends on %s and takes all its processes along', async (how) => {
  const { ready, child } = await start()
  const client = await connect(ready.hosts[0]!.ssh_port)
  marks.set(dir, `DEMO_HOST=${(await runOn(client, 'printf %s "$DEMO_HOST"')).stdout}`)
  await runOn(client, 'setsid sleep 300 >/dev/null 2>&1 &')
  await runOn(client, `docker run -d vllm-node bash -c 'sleep 300; true'`)
  expect(leftovers().length).toBeGreaterThanOrEqual(2)
  if (how === 'SIGTERM') child.kill('SIGTERM')
  else child.stdin?.end()
  expect(await once(child, 'exit')).toEqual([0, null])
  await until(leftovers, (pids) => pids.length === 0)
})

test('after it was killed it comes up clean, on the same ports and with the same keys', async () => {
  const first = await start()
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = await start()
  expect(second.ready).toEqual(first.ready)
  const client = await connect(second.ready.hosts[0]!.ssh_port)
  expect((await runOn(client, 'docker ps --all --quiet')).stdout).toBe('')
  client.end()
})

test('a port of last time that somebody has now is replaced', async () => {
  const first = await start()
  first.child.kill('SIGTERM')
  await once(first.child, 'exit')
  const [{ ssh_port: taken } = { ssh_port: 0 }] = first.ready.hosts
  writeFileSync(join(dir, 'spark-2', 'ports.json'), JSON.stringify({ ssh_port: taken, vllm_port: first.ready.hosts[1]!.vllm_port }))
  const second = await start()
  expect(second.ready.hosts[0]!.ssh_port).toBe(taken)
  expect(second.ready.hosts[1]!.ssh_port).not.toBe(taken)
})
