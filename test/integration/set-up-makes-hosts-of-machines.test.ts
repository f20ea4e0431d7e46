import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureClientKey } from '../../activities/ssh/client-key.ts'
import { startDemoHost, type DemoHost } from '../../demo/host.ts'
import type { DiscoveryView, SetupProposal } from '../../domain/discovery/view.ts'
import { ApiProcess } from './api-process.ts'
import { startStage, type HostEvent, type Stage } from './stage.ts'

let stage: Stage
let api: ApiProcess
let messy: DemoHost
let strange: DemoHost
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'set-up-'))
  stage = await startStage()
  const { publicKey } = await ensureClientKey(stage.places.keysDir)
  const quick = { load_s: 0.2, timeScale: 0.05 }
  messy = await startDemoHost({ ...quick, name: 'messy', dir: join(folder, 'messy'), authorizedKeys: [publicKey], furnished: 'messy' })
  strange = await startDemoHost({ ...quick, name: 'strange', dir: join(folder, 'strange'), authorizedKeys: [], furnished: 'empty' })
  api = await ApiProcess.start(stage.places)
}, 90_000)
afterAll(async () => {
  await api.close()
  await messy.close()
  await strange.close()
  await stage.close()
  rmSync(folder, { recursive: true, force: true })
})

const post = async (path: string, body: object): Promise<{ status: number; body: unknown }> => {
  const answer = await fetch(api.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}
const get = async (path: string): Promise<unknown> => await (await fetch(api.url + path)).json()

async function lookAt(host: { readonly sshPort: number }, fingerprint?: string): Promise<DiscoveryView> {
  const begun = await post('/api/hosts/discover', { address: '127.0.0.1', user: 'spark', port: host.sshPort, fingerprint })
  expect(begun.status).toBe(202)
  const { discovery_id: id } = begun.body as DiscoveryView // as its route promises
  for (;;) {
    const view = (await get(`/api/hosts/discover/${id}?wait_s=20`)) as DiscoveryView // as its route promises
    if (view.state !== 'running') return view
  }
}

const commandsOn = (host: DemoHost): HostEvent[] =>
  readFileSync(host.eventsFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"ssh_exec"'))
    .map((line) => JSON.parse(line) as HostEvent) // the demo's own format

test('before its host key is confirmed nothing is done on a machine, also not with the key of another', async () => {
  const shown = await lookAt(messy)
  expect(shown).toMatchObject({ state: 'confirm_host_key', host_key: { fingerprint: messy.fingerprint, pinned: [] } })
  expect(await lookAt(messy, strange.fingerprint)).toMatchObject({ state: 'confirm_host_key', found: null })
  expect(commandsOn(messy)).toEqual([])
})

test('a container started by hand under an odd name and port is found, saved, and adopted without a restart', async () => {
  const view = await lookAt(messy, messy.fingerprint)
  expect(view.state).toBe('found')
  expect(view.found?.engines).toMatchObject([{ container: 'vllm-gemma4', served_name: 'gemma4', why: null, snapshot: { launcher: 'docker' } }])
  expect(JSON.stringify(view)).not.toContain('hf_not_a_real_token')
  const proposal = (await get(`/api/hosts/setup?discoveries=${view.discovery_id}`)) as SetupProposal // as its route promises
  const host = proposal.entries.find(({ id }) => id.startsWith('host:'))!
  const model = proposal.entries.find(({ because }) => because.includes('vllm-gemma4'))!
  const choice = { discoveries: [view.discovery_id], entries: [host.id, model.id], based_on: proposal.based_on }
  expect(await post('/api/hosts/setup/save', { ...choice, entries: ['host:nobody'] })).toMatchObject({ status: 422 })
  expect(await post('/api/hosts/setup/save', { ...choice, based_on: 'another' })).toMatchObject({ status: 409, body: { code: 'config_changed' } })
  const saved = await post('/api/hosts/setup/save', choice)
  expect(saved).toMatchObject({ status: 200, body: { hosts: [{ ready: true }] } })

  const name = host.id.slice('host:'.length)
  const { deployments } = await stage.until((state) => state.deployments.some(({ hosts, adopted }) => hosts.includes(name) && adopted))
  expect(deployments.find(({ hosts }) => hosts.includes(name))).toMatchObject({ container: 'vllm-gemma4', adopted: true })
  const starts = readFileSync(messy.eventsFile, 'utf8').match(/"event":"engine_start"/g)
  expect(starts).toHaveLength(1)
}, 120_000)

test('a machine that does not let us in is answered with the file, the line and the command', async () => {
  const { publicKey } = await ensureClientKey(stage.places.keysDir)
  const view = await lookAt(strange, strange.fingerprint)
  expect(view).toMatchObject({ state: 'login_refused', login: { file: '~spark/.ssh/authorized_keys on 127.0.0.1', line: publicKey } })
  expect(view.login?.command).toContain(`ssh-copy-id`)
})

test('nothing at that address is said, and what is no address is refused', async () => {
  expect(await lookAt({ sshPort: 1 })).toMatchObject({ state: 'unreachable' })
  expect(await post('/api/hosts/discover', { address: 'no such; host', user: 'spark' })).toMatchObject({ status: 422 })
  expect(await fetch(`${api.url}/api/hosts/discover/00000000-0000`)).toMatchObject({ status: 404 })
})

test('the terminal finds an empty machine without Temporal, and writes its files', async () => {
  const data = join(folder, 'fresh')
  const { publicKey } = await ensureClientKey(join(data, 'keys'))
  const empty = await startDemoHost({ name: 'empty', dir: join(folder, 'empty'), authorizedKeys: [publicKey], furnished: 'empty' })
  const setup = (...more: string[]) =>
    promisify(execFile)(process.execPath, ['scripts/setup.ts', '--address', `spark@127.0.0.1:${String(empty.sshPort)}`, '--yes', ...more], {
      timeout: 60_000,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SPARK_DATA_DIR: data },
    }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (failed: unknown) => failed,
    )
  try {
    expect(await setup()).toMatchObject({ code: 1, stdout: expect.stringContaining(`--fingerprint ${empty.fingerprint}`) })
    expect(await setup('--fingerprint', empty.fingerprint, '--cluster-id', 'fresh')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no Hugging Face cache'),
    })
    expect(readFileSync(join(data, 'config', 'cluster.yaml'), 'utf8')).toMatch(/cluster_id: fresh[\s\S]*address: 127\.0\.0\.1 # as it was given/)
  } finally {
    await empty.close()
  }
}, 90_000)
