import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tryLock } from '../../scripts/bootstrap/lock.mjs'
import { planFrom } from '../../scripts/up/plan.ts'
import { faultOfPort } from '../../scripts/up/port.ts'
import { Running } from './fixtures/processes.ts'

const up = resolve(import.meta.dirname, '../../scripts/up.ts')
let folder: string
let server: Server
let taken: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spark-start-'))
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  taken = typeof address === 'object' && address !== null ? address.port : 0
})

afterEach(async () => {
  server.close()
  await once(server, 'close')
  rmSync(folder, { recursive: true, force: true })
})

async function start(env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  const running = new Running(process.execPath, [up], { PATH: process.env['PATH'], HOME: folder, SPARK_DATA_DIR: join(folder, 'data'), ...env })
  const { code } = await running.ended
  return { code, output: running.output }
}

test.each([
  ['SPARK_LISTEN', (port: number) => ({ SPARK_LISTEN: `127.0.0.1:${port}`, TEMPORAL_ADDRESS: '127.0.0.1:1' })],
  ['TEMPORAL_PORT', (port: number) => ({ SPARK_LISTEN: '127.0.0.1:0', TEMPORAL_PORT: String(port) })],
  ['TEMPORAL_UI_PORT', (port: number) => ({ SPARK_LISTEN: '127.0.0.1:0', TEMPORAL_UI_PORT: String(port) })],
])('a taken port of %s stops the start before anything runs, and names the port, who holds it and the setting', async (setting, env) => {
  const { code, output } = await start(env(taken))
  expect(code).toBe(1)
  expect(output).toContain(`port ${taken} of 127.0.0.1`)
  expect(output).toContain(setting)
  if (process.platform === 'linux') expect(output).toContain(`(process ${process.pid})`)
  expect(existsSync(join(folder, 'data', 'logs'))).toBe(false)
})

test('a second start on the same data directory is refused, and says which process has it', async () => {
  const { release } = tryLock(join(folder, 'data', 'up.lock'))
  const { code, output } = await start({ SPARK_LISTEN: '127.0.0.1:0', TEMPORAL_ADDRESS: '127.0.0.1:1' })
  release?.()
  expect(code).toBe(1)
  expect(output).toContain(`already runs on ${join(folder, 'data')} (process ${process.pid})`)
})

test('a data directory that cannot be written is named, without a stack trace', async () => {
  writeFileSync(join(folder, 'data'), 'a file is in the way')
  const { code, output } = await start({ SPARK_LISTEN: '127.0.0.1:0', TEMPORAL_ADDRESS: '127.0.0.1:1' })
  expect(code).toBe(1)
  expect(output).toContain(`The data directory ${join(folder, 'data')} cannot be written`)
  expect(output).not.toMatch(/^\s+at /m)
})

test('a lock has one holder, and is free again when it is released', () => {
  const path = join(folder, 'lock')
  const first = tryLock(path)
  expect(first.holder).toBeNull()
  expect(tryLock(path).holder).toMatchObject({ pid: process.pid })
  first.release?.()
  expect(tryLock(path).holder).toBeNull()
})

test('an address that this machine does not have is said to be that', async () => {
  const fault = await faultOfPort({ host: '203.0.113.7', port: 9_999, what: 'The dashboard', setting: 'SPARK_LISTEN' })
  expect(fault).toContain('this machine has no such address')
})

test('a port that was free stays free after the look', async () => {
  server.close()
  await once(server, 'close')
  const wanted = { host: '127.0.0.1', port: taken, what: 'The dashboard', setting: 'SPARK_LISTEN' }
  expect(await faultOfPort(wanted)).toBeNull()
  server.listen(taken, '127.0.0.1')
  await once(server, 'listening')
})

test('bad settings are told, and their defaults are used', () => {
  const plan = planFrom({ SPARK_LISTEN: 'nonsense', TEMPORAL_PORT: '99999', SPARK_DATA_DIR: folder })
  expect(plan.listen).toEqual({ host: '127.0.0.1', port: 9_999 })
  expect(plan.temporalPort).toBe(7_233)
  expect(plan.complaints).toEqual([expect.stringContaining('SPARK_LISTEN="nonsense"'), expect.stringContaining('TEMPORAL_PORT="99999"')])
})

test('an IPv6 address is understood', () => {
  expect(planFrom({ SPARK_LISTEN: '[::1]:8080', SPARK_DATA_DIR: folder }).listen).toEqual({ host: '::1', port: 8_080 })
})

test('the demo is for a data directory that never knew a real cluster', () => {
  expect(planFrom({ SPARK_DATA_DIR: folder }).places.demo).toBe(true)
  mkdirSync(join(folder, 'config'))
  writeFileSync(join(folder, 'config', 'cluster.yaml'), 'cluster_id: home\n')
  expect(planFrom({ SPARK_DATA_DIR: folder }).places.demo).toBe(false)
})
