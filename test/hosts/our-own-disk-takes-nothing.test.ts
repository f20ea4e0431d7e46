import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withSwapLog } from '../../activities/swap-log.ts'
import { configSource } from '../../config/load.ts'
import { placesFrom } from '../../config/places.ts'
import { ApiServer, type ApiAnswer } from '../api/api-server.ts'

/** The data directory on a real file system of its own: it can be full, and read-only even for root. */
let disk: string
let api: ApiServer
const config = (): string => join(disk, 'config')
const kept = '# mine\nmodels:\n  tuned: { repo: org/tuned, launcher: docker }\n'
beforeEach(async () => {
  disk = mkdtempSync(join(tmpdir(), 'spark-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'spark-disk', disk])
  mkdirSync(config())
  writeFileSync(join(config(), 'cluster.yaml'), 'cluster_id: test\nhosts:\n  - { name: spark-1, address: 127.0.0.1, port: 2201 }\n')
  writeFileSync(join(config(), 'models.yaml'), 'models:\n  shipped: { repo: org/shipped, launcher: docker }\n')
  writeFileSync(join(config(), 'models-overrides.yaml'), kept)
  const env = { SPARK_DATA_DIR: disk }
  api = await ApiServer.over(configSource(placesFrom(env), env), '127.0.0.1:1')
  expect((await api.ask('/api/models/tuned')).status).toBe(200)
})
afterEach(async () => {
  await api.close()
  expect(api.undeclared).toEqual([])
  execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
})

/** To the last block. */
function fill(): void {
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize))
}
const readOnly = (on: boolean): void => void execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, disk])

const changes: readonly [string, (path: string) => string, () => Promise<ApiAnswer>][] = [
  ['a new model', () => 'models-overrides.yaml', () => api.post('/api/models', { key: 'new', repo: 'org/new', notes: 'x'.repeat(2_000) })],
  ['knobs', () => 'models-overrides.yaml', () => api.ask('/api/models/shipped/knobs', { method: 'PUT', body: { max_model_len: 4096 } })],
  ['a setting', () => 'cluster.yaml', () => api.ask('/api/settings', { method: 'PUT', body: { stop_s: 90 } })],
]

test.each([
  ['full', 507, 'data_dir_full', fill, () => rmSync(join(disk, 'ballast'))],
  ['read-only', 503, 'data_dir_read_only', () => readOnly(true), () => readOnly(false)],
] as const)(
  'on a disk that is %s every change is refused with the path, the old files stay whole, and reading goes on',
  async (_how, status, code, spoil, mend) => {
    spoil()
    const before = readdirSync(config())
    const texts = before.map((name) => readFileSync(join(config(), name), 'utf8'))
    for (const [what, file, change] of changes) {
      const refused = await change()
      expect(refused.json, `${what}: ${refused.text}`).toMatchObject({ status, code, path: join(config(), file(what)) })
    }
    expect(readdirSync(config())).toEqual(before)
    expect(before.map((name) => readFileSync(join(config(), name), 'utf8'))).toEqual(texts)
    expect((await api.ask('/api/models/tuned')).json).toMatchObject({ key: 'tuned', repo: 'org/tuned' })
    mend()
    for (const [what, , change] of changes) expect((await change()).status, what).toBeLessThan(300)
  },
)

test('a swap goes on when its log cannot be written, and says later what is missing', async () => {
  const logs = join(disk, 'logs')
  await withSwapLog(logs, 'swap-0001', 'stop', (log) => {
    log.write('before')
    fill()
    for (let line = 0; line < 200; line += 1) log.write(`lost ${String(line)} ${'x'.repeat(1_000)}`)
    rmSync(join(disk, 'ballast'))
    log.write('after')
    return Promise.resolve()
  })
  const lines = readFileSync(join(logs, 'swap-0001.log'), 'utf8').split('\n')
  expect(lines[0]).toMatch(/ stop before$/)
  expect(lines.at(-3)).toMatch(/ stop \d+ lines could not be written here$/)
  expect(lines.at(-2)).toMatch(/ stop after$/)
  readOnly(true)
  await expect(withSwapLog(logs, 'swap-0002', 'stop', (log) => Promise.resolve(log.write('nobody reads this')))).resolves.toBeUndefined()
  readOnly(false)
})
