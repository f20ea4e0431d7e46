import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { placesFrom, type Places } from '../../config/places.ts'
import { saveEntries } from '../../config/setup-files.ts'
import { setupState } from '../../config/setup-state.ts'
import { propose } from '../../domain/discovery/propose.ts'
import { discovered } from '../domain/discovery/sample.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function fresh(env: Record<string, string> = {}): { places: Places; config: string; env: Record<string, string> } {
  const dataDir = mkdtempSync(join(tmpdir(), 'setup-'))
  folders.push(dataDir)
  const all = { SPARK_DATA_DIR: dataDir, ...env }
  return { places: placesFrom(all), config: join(dataDir, 'config'), env: all }
}
const ticked = (places: Places) => propose([discovered()], setupState(places).existing).entries.filter((entry) => entry.ticked)

test('on a fresh installation the chosen entries become a cluster that is read, and the demo is over', async () => {
  const { places, config, env } = fresh()
  expect(places.demo).toBe(true)
  const written = await saveEntries(places, ticked(places), setupState(places).stamp)
  expect(written.map(({ file }) => file)).toEqual(['models-overrides.yaml', 'services-overrides.yaml', 'cluster.yaml'])
  const now = placesFrom(env)
  expect(now).toMatchObject({ demo: false, configDir: config })
  const state = loadConfig(now, env)
  expect(state).toMatchObject({
    kind: 'ready',
    cluster: { clusterId: 'home', hosts: [{ name: 'spark-4f2a', vllmPort: 8000, container: 'vllm-gemma4' }] },
  })
  const text = readFileSync(join(config, 'cluster.yaml'), 'utf8')
  expect(text).toMatch(/address: 192\.168\.1\.11 # as it was given/)
  expect(text).toMatch(/# found by SSH at 192\.168\.1\.11/)
  expect(readFileSync(join(config, 'models-overrides.yaml'), 'utf8')).toContain('# container vllm-gemma4 on spark-4f2a serves it now')
})

test('what is there stays, comments included, and an entry that exists is told as replaced', async () => {
  const { places, config } = fresh()
  mkdirSync(config)
  writeFileSync(
    join(config, 'cluster.yaml'),
    '# ours\ncluster_id: lab # kept\nhosts:\n  - name: left\n    address: 192.168.1.11 # kept, too\n    user: me\nsettings:\n  drain_s: 5\n',
  )
  const { existing, stamp } = setupState(places)
  const host = propose([discovered()], existing).entries.find(({ id }) => id === 'host:left')!
  const [written] = await saveEntries(places, [host], stamp)
  expect(written?.replaced).toEqual(['host:left'])
  const text = readFileSync(join(config, 'cluster.yaml'), 'utf8')
  for (const kept of ['# ours', 'cluster_id: lab # kept', 'drain_s: 5', 'user: spark', 'vllm_port: 8000']) expect(text).toContain(kept)
})

test('a file that changed since the proposal is refused, and nothing is written', async () => {
  const { places, config } = fresh()
  const { stamp } = setupState(places)
  mkdirSync(config)
  writeFileSync(join(config, 'services-overrides.yaml'), 'services: []\n')
  await expect(saveEntries(places, ticked(places), stamp)).rejects.toMatchObject({ code: 'config_changed' })
  expect(existsSync(join(config, 'cluster.yaml'))).toBe(false)
})

test('models without any host, and a name that is none, are refused before anything is written', async () => {
  const { places, config } = fresh()
  const { stamp } = setupState(places)
  const all = ticked(places)
  await expect(
    saveEntries(
      places,
      all.filter(({ id }) => id.startsWith('model:')),
      stamp,
    ),
  ).rejects.toMatchObject({ code: 'invalid_request' })
  const badId = all.map((entry) => (entry.id === 'cluster_id' ? { ...entry, value: 'Not A Name' } : entry))
  await expect(saveEntries(places, badId, stamp)).rejects.toMatchObject({ code: 'invalid_request' })
  expect(existsSync(config)).toBe(false)
})

test('a cluster.yaml that cannot be read is never added to', () => {
  const { places, config } = fresh()
  mkdirSync(config)
  writeFileSync(join(config, 'cluster.yaml'), 'hosts: [\n')
  expect(() => setupState(places)).toThrow(/cluster\.yaml/)
})

test('a forced demo keeps its own files apart from those of set-up', () => {
  const { places, config } = fresh({ SPARK_DEMO: '1' })
  expect(places.configDir).not.toBe(config)
  expect(places.own).toMatchObject({ configDir: config, leavesDemo: false })
})
