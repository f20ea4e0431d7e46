import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect, NoConnection, usualTiming } from '../../activities/ssh/connect.ts'
import { fingerprint } from '../../activities/ssh/pins.ts'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import { clusterOf, hostAt, newHostKey, newKeys, startServer, type Keys, type TestServer } from './ssh-test-server.ts'
import { readFile } from 'node:fs/promises'

let keys: Keys
let server: TestServer
let hosts: Hosts
beforeEach(async () => {
  keys = await newKeys()
  server = await startServer({ authorized: keys.authorized })
  hosts = createHosts({ cluster: () => clusterOf(hostAt(server.port)), keysDir: keys.dir })
})
afterEach(async () => {
  await hosts.close()
  await server.close()
  await keys.remove()
})

const fingerprintOf = (publicKey: string): string => fingerprint(Buffer.from(publicKey.split(' ')[1]!, 'base64'))
const knownHosts = (...lines: string[]): Promise<void> => writeFile(join(keys.dir, 'known_hosts'), lines.join('\n'))
const trying = (): Promise<unknown> => hosts.look('spark-1', ['true'])

const answers: [string, unknown, boolean][] = [
  ['true', () => true, true],
  ['false', () => false, false],
  ['a promise of true', () => Promise.resolve(true), false],
  ['a promise of false', () => Promise.resolve(false), false],
  ['undefined', () => undefined, false],
  ['null', () => null, false],
  ['0', () => 0, false],
  ['1', () => 1, false],
  ['an Error', () => new Error('no'), false],
  [
    'a throw',
    () => {
      throw new Error('no')
    },
    false,
  ],
  ['nothing but a callback with undefined', (_: Buffer, answer?: (verdict?: unknown) => void) => answer?.(undefined), false],
  ['nothing but a callback with true', (_: Buffer, answer?: (verdict?: unknown) => void) => answer?.(true), false],
]
test.each(answers)('a judge of host keys that answers %s', async (_, accepts, connects) => {
  const door = { address: '127.0.0.1', port: server.port, user: 'spark', hostKeyAlgorithms: ['ssh-ed25519'], timing: usualTiming }
  const privateKey = await readFile(join(keys.dir, 'id_ed25519'), 'utf8')
  const attempt = connect({ ...door, privateKey, accepts: accepts as (key: Buffer) => boolean }) // the types forbid the others
  if (connects) (await attempt).end()
  else await expect(attempt).rejects.toMatchObject({ kind: 'denied' } satisfies Partial<NoConnection>)
})

test('a host whose key is not pinned is refused with the fingerprint that it shows', async () => {
  await expect(trying()).rejects.toMatchObject({ code: 'host_key_unknown', host: 'spark-1', detail: `it shows ${fingerprintOf(server.publicKey)}` })
  expect(server.commands).toEqual([])
})

test('a host that shows another key than the pinned one is refused with both fingerprints', async () => {
  const { public: old } = newHostKey()
  await knownHosts(`[127.0.0.1]:${server.port} ${old}`)
  await expect(trying()).rejects.toMatchObject({
    code: 'host_key_changed',
    detail: `it shows ${fingerprintOf(server.publicKey)}; pinned is ${fingerprintOf(old)}`,
  })
  expect(server.commands).toEqual([])
})

test('a pinned host is let in, also with a second key pinned', async () => {
  await knownHosts(`[127.0.0.1]:${server.port} ${newHostKey().public}`, `[127.0.0.1]:${server.port} ${server.publicKey}`)
  await expect(trying()).resolves.toMatchObject({ kind: 'exited', code: 0 })
})

test('a key that is pinned for another port does not count', async () => {
  await knownHosts(`127.0.0.1 ${server.publicKey}`, `[127.0.0.1]:1 ${server.publicKey}`)
  await expect(trying()).rejects.toMatchObject({ code: 'host_key_unknown' })
})

test('a revoked key is refused, although it is pinned as well', async () => {
  await knownHosts(`[127.0.0.1]:${server.port} ${server.publicKey}`, `@revoked [127.0.0.1]:${server.port} ${server.publicKey}`)
  await expect(trying()).rejects.toMatchObject({ code: 'host_key_changed' })
})

test('a hashed line does not count, and the refusal says so', async () => {
  await knownHosts(`|1|c2FsdHNhbHQ=|aGFzaGhhc2g= ${server.publicKey}`)
  await expect(trying()).rejects.toMatchObject({
    code: 'host_key_unknown',
    detail: expect.stringContaining('known_hosts line 1: its name is hashed'),
  })
})

test('a key that was pinned meanwhile is taken up at the next use', async () => {
  await expect(trying()).rejects.toMatchObject({ code: 'host_key_unknown' })
  await keys.pin(server)
  await expect(trying()).resolves.toMatchObject({ kind: 'exited', code: 0 })
})

test('a host that does not take our key says so', async () => {
  await keys.pin(server)
  const stranger = await newKeys()
  await stranger.pin(server)
  const others = createHosts({ cluster: () => clusterOf(hostAt(server.port)), keysDir: stranger.dir })
  await expect(others.look('spark-1', ['true'])).rejects.toMatchObject({ code: 'ssh_refused' })
  await others.close()
  await stranger.remove()
})
