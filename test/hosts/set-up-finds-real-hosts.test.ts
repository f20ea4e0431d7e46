import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { placesFrom, type Places } from '../../config/places.ts'
import type { Asker } from '../../scripts/setup/ask.ts'
import { runSetup } from '../../scripts/setup/run-setup.ts'
import { RealHosts } from './real-hosts.ts'

const hosts = new RealHosts(inject('realHosts'))
const [first, second] = [hosts.host('spark-a'), hosts.host('spark-b')]
let dataDir: string
let places: Places

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
