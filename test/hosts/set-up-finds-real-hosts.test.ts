import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { placesFrom, type Places } from '../../config/places.ts'
import type { Asker } from '../../scripts/setup/ask.ts'
import { runSetup } from '../../scripts/setup/run-setup.ts'
import { ControlPlane } from '../faults/control-plane.ts'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
const [first, second] = [hosts.host('spark-a'), hosts.host('spark-b')]
let dataDir: string
let places: Places
let plane: ControlPlane | null = null

beforeAll(async () => {
  await hosts.restoreAll()
  dataDir = mkdtempSync(join(tmpdir(), 'spark-setup-'))
  places = placesFrom({ SPARK_DATA_DIR: dataDir })
  const keys = join(dataDir, 'keys')
  mkdirSync(keys, { mode: 0o700 })
  copyFileSync(hosts.facts.clientKeyPath, join(keys, 'id_ed25519'))
  chmodSync(join(keys, 'id_ed25519'), 0o600)
  copyFileSync(hosts.facts.knownHostsPath, join(keys, 'known_hosts'))
  await onFirst(`printf 'CLUSTER_NODES=%s,%s\n' ${first.address} ${second.address} > $HOME/spark-vllm-docker/.env`)
  await onFirst(
    'docker run -d --name by-hand --network host --entrypoint= -e HF_TOKEN=hf_nottobekept -v $HOME/.cache/huggingface:/root/.cache/huggingface vllm-node vllm serve spark-test/first --port 8123 --served-model-name odd',
  )
  while ((await hosts.ssh('spark-a', 'curl -fsS http://127.0.0.1:8123/v1/models')).code !== 0) await pause(200)
}, 120_000)
afterAll(async () => {
  await plane?.close()
  await onFirst('rm -f $HOME/spark-vllm-docker/.env')
  await hosts.restoreAll()
  rmSync(dataDir, { recursive: true, force: true })
})

async function onFirst(command: string): Promise<void> {
  const { code, stderr } = await hosts.ssh('spark-a', command)
  if (code !== 0) throw new Error(`${command}: ${stderr}`)
}

test('one address gives a catalog, the running model, and the second host', async () => {
  const said: string[] = []
  const yes: Asker = {
    someone: true,
    say: (text) => said.push(text),
    text: (_question, fallback) => Promise.resolve(fallback),
    confirm: () => Promise.resolve(true),
  }
  const words = {
    hosts: [{ address: first.address, user: first.user, port: first.sshPort }],
    ...{ fingerprint: undefined, clusterId: 'found', yes: false, dryRun: false },
  }
  expect(await runSetup(words, places, yes)).toBe(true)
  const state = loadConfig(placesFrom({ SPARK_DATA_DIR: dataDir }), {})
  expect(state, said.join('\n')).toMatchObject({ kind: 'ready', cluster: { clusterId: 'found' } })
  expect(state.cluster?.hosts.map(({ address }) => address)).toEqual([first.address, second.address])
  expect(state.cluster?.hosts[0]).toMatchObject({ container: 'by-hand', vllmPort: 8123 })
  const text = readFileSync(join(dataDir, 'config', 'models-overrides.yaml'), 'utf8')
  expect(text).toMatch(/container by-hand on \S+ serves it now[\s\S]*repo: spark-test\/first/)
  expect(text).not.toContain('nottobekept')
}, 120_000)

test('from there on it goes by the API alone: the running model is adopted, each launcher swaps, a knob, a fine-tune by its path, a second vLLM', async () => {
  plane = await ControlPlane.start(dataDir)
  const { ask, send } = { ask: plane.ask.bind(plane), send: plane.send.bind(plane) }
  const { name } = await plane.host(hostNames()[0] ?? '', ({ deployment }) => deployment?.healthy === true)
  const [head = '', other = ''] = hostNames()
  expect(name).toBe(head)
  const before = await plane.host(head, ({ deployment }) => deployment !== null)
  expect(before.deployment).toMatchObject({ adopted: true, base_url: `http://${first.address}:8123` })

  const own = { repo: 'spark-test/second', image: 'vllm-node', placement: [head] }
  expect((await send('POST', '/api/models', { key: 'by-docker', launcher: 'docker', ...own })).status).toBe(201)
  expect((await send('POST', '/api/models', { key: 'by-script', launcher: 'spark-vllm-docker', ...own })).status).toBe(201)
  const tune = { key: 'my-tune', local_path: '/models/fine-tune', launcher: 'docker', image: 'vllm-node', placement: [head] }
  expect(await send('POST', '/api/models', { ...tune, local_path: '/models/not-there' })).toMatchObject({ json: { code: 'local_path_missing' } })
  expect((await send('POST', '/api/models', tune)).status).toBe(201)
  const knobs = JSON.stringify({ max_model_len: 2048 })
  const changed = await ask('/api/models/my-tune/knobs', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: knobs })
  expect(changed).toMatchObject({ status: 200, json: { commands: [{ host: head, command: expect.stringContaining('--max-model-len 2048') }] } })

  for (const model of ['by-docker', 'by-script', 'my-tune']) {
    const swap = await plane.swap({ model })
    expect(swap, swap.cause?.line ?? '').toMatchObject({ outcome: 'completed', cause: null, left: { [head]: 'target' } })
  }
  const served = await hosts.ssh('spark-a', 'curl -fsS http://127.0.0.1:8123/v1/models')
  expect(JSON.parse(served.stdout)).toMatchObject({ data: [{ root: '/models/fine-tune', max_model_len: 2048 }] })

  const run = 'docker run -d --name beside --network host --entrypoint= -v $HOME/.cache/huggingface:/root/.cache/huggingface vllm-node'
  expect(await hosts.ssh('spark-b', `${run} vllm serve spark-test/second --port 8200 --served-model-name beside`)).toMatchObject({ code: 0 })
  const services = `services:\n  - { name: beside, kind: vllm, host: ${other}, port: 8200 }\n`
  writeFileSync(join(dataDir, 'config', 'services-overrides.yaml'), services)
  const up = ({ services: all }: { services: readonly { name: string; state: string }[] }) =>
    all.some((one) => one.name === 'beside' && one.state === 'up')
  await plane.untilStatus(up)
  expect(JSON.stringify((await ask('/api/endpoints')).json)).toContain(`${second.address}:8200`)
})

const hostNames = (): string[] => loadConfig(placesFrom({ SPARK_DATA_DIR: dataDir }), {}).cluster?.hosts.map((host) => host.name) ?? []
