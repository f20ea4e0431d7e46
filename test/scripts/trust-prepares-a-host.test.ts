import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fingerprint } from '../../activities/ssh/pins.ts'
import { targetOf } from '../../scripts/trust/target.ts'
import type { Terminal } from '../../scripts/trust/terminal.ts'
import { trustHost } from '../../scripts/trust/trust-host.ts'
import { clusterOf, hostAt, newHostKey, newKeys, startServer, type Keys, type TestServer } from '../activities/ssh-test-server.ts'

let dir: string
let keys: Keys
let server: TestServer
let said: string
const blocked = (): string => join(dir, 'var')
const stateDir = (): string => join(dir, 'var', 'spark-control')

/** A `sudo` that may do the one thing that our user may not: take away the file where the directory should be. */
const sudo = `#!/bin/sh
case $1 in
-n) [ "$SUDO_NEEDS" = nothing ] || { echo 'sudo: a password is required' >&2; exit 1; } ;;
-S) read -r given; [ "$given" = "$SUDO_NEEDS" ] || { echo 'sudo: 1 incorrect password attempt' >&2; exit 1; } ;;
esac
while [ "$1" != -- ]; do shift; done
shift
rm -f "$BLOCKED"
exec "$@"
`
async function serve(sudoNeeds = 'nobody'): Promise<void> {
  mkdirSync(join(dir, 'bin'), { recursive: true })
  writeFileSync(join(dir, 'bin', 'sudo'), sudo)
  chmodSync(join(dir, 'bin', 'sudo'), 0o755)
  const env = { PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}`, SUDO_NEEDS: sudoNeeds, BLOCKED: blocked(), HOME: dir }
  server = await startServer({ authorized: keys.authorized, env })
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'spark-trust-'))
  keys = await newKeys()
  said = ''
  await serve()
})
afterEach(async () => {
  await server.close()
  await keys.remove()
  rmSync(dir, { recursive: true, force: true })
})

const person = (answers: { yes?: boolean; password?: string } = {}): Terminal => ({
  say: (text) => void (said += `${text}\n`),
  confirm: () => Promise.resolve(answers.yes ?? false),
  secret: () => Promise.resolve(answers.password ?? null),
})
const trust = (terminal: Terminal, more: { takeover?: boolean; yes?: boolean; clusterId?: string; stateDir?: string } = {}): Promise<boolean> => {
  const host = hostAt(server.port, { stateDir: more.stateDir ?? stateDir() })
  const cluster = { ...clusterOf(host), clusterId: more.clusterId ?? 'demo' }
  return trustHost({ host, inCluster: true, cluster, keysDir: keys.dir, takeover: more.takeover ?? false, yes: more.yes ?? false, terminal })
}
const knownHosts = (): string => (existsSync(join(keys.dir, 'known_hosts')) ? readFileSync(join(keys.dir, 'known_hosts'), 'utf8') : '')
const fence = (): unknown => JSON.parse(readFileSync(join(stateDir(), 'fence'), 'utf8'))
const fingerprintOf = (publicKey: string): string => fingerprint(Buffer.from(publicKey.split(' ')[1]!, 'base64'))

test('a yes pins the key, makes the state directory and proves the fence; a second run asks nothing', async () => {
  expect(await trust(person({ yes: true }))).toBe(true)
  expect(said).toContain(fingerprintOf(server.publicKey))
  expect(knownHosts()).toBe(`[127.0.0.1]:${server.port} ${server.publicKey}\n`)
  expect(fence()).toEqual({ cluster_id: 'demo', fence: 0, step: 0, attempt: 0 })
  expect(await trust(person())).toBe(true)
  expect(said).toContain('spark-1 is ready.')
})

test('without a yes nothing is changed, here or on the host', async () => {
  expect(await trust(person({ yes: false }))).toBe(false)
  expect(said).toContain('Nothing was changed.')
  expect([knownHosts(), server.commands]).toEqual(['', []])
})

test('a changed key is shown with the pinned one, and replaces it only on a yes', async () => {
  const old = newHostKey().public
  const other = `[127.0.0.1]:1 ${newHostKey().public}\n`
  writeFileSync(join(keys.dir, 'known_hosts'), `${other}[127.0.0.1]:${server.port} ${old}\n`)
  expect(await trust(person())).toBe(false)
  expect(said).toContain(fingerprintOf(old))
  expect(said).toContain(fingerprintOf(server.publicKey))
  expect(knownHosts()).toContain(old)
  expect(await trust(person(), { yes: true })).toBe(true)
  expect(knownHosts()).toBe(`${other}[127.0.0.1]:${server.port} ${server.publicKey}\n`)
})

test('a host that refuses our key: the line for authorized_keys is shown', async () => {
  await server.close()
  server = await startServer({ authorized: 'ssh-ed25519 AAAA' })
  expect(await trust(person({ yes: true }))).toBe(false)
  expect(said).toContain(keys.authorized)
  expect(said).toContain('authorized_keys of spark')
})

test('a host that is off says so, and nothing is pinned', async () => {
  await server.close()
  expect(await trust(person({ yes: true }))).toBe(false)
  expect(said).toContain('shows no SSH host key')
  expect(knownHosts()).toBe('')
})

test('a directory that needs root is made with sudo, without a password where that works', async () => {
  await server.close()
  await serve('nothing')
  writeFileSync(blocked(), '')
  expect(await trust(person({ yes: true }))).toBe(true)
  expect(fence()).toMatchObject({ cluster_id: 'demo' })
})

test('a password for sudo is asked for once, and is in no command', async () => {
  await server.close()
  await serve('open sesame')
  writeFileSync(blocked(), '')
  expect(await trust(person({ yes: true, password: 'open sesame' }))).toBe(true)
  expect(fence()).toMatchObject({ cluster_id: 'demo' })
  expect(server.commands.join('\n')).not.toContain('sesame')
})

test.each([
  ['wrong', 'incorrect password'],
  [undefined, 'a password is required'],
])('without sudo (password %s) it tells to name a state_dir', async (password, why) => {
  writeFileSync(blocked(), '')
  expect(await trust(person({ yes: true, ...(password === undefined ? {} : { password }) }))).toBe(false)
  expect(said).toContain(why)
  expect(said).toContain('state_dir: ~/.spark-control')
})

test('a state directory in the home directory needs no root', async () => {
  expect(await trust(person({ yes: true }), { stateDir: '~/.spark-control' })).toBe(true)
  expect(existsSync(join(dir, '.spark-control', 'fence'))).toBe(true)
})

test('a host of another cluster is left alone until a takeover, which keeps the number of its fence', async () => {
  await trust(person({ yes: true }))
  writeFileSync(join(stateDir(), 'fence'), '{"cluster_id":"demo","fence":77,"step":2,"attempt":1}'.padEnd(511) + '\n')
  expect(await trust(person(), { clusterId: 'mine' })).toBe(false)
  expect(said).toContain('belongs to the cluster demo (fence 77)')
  expect(fence()).toMatchObject({ cluster_id: 'demo' })
  expect(await trust(person(), { clusterId: 'mine', takeover: true })).toBe(true)
  expect(fence()).toEqual({ cluster_id: 'mine', fence: 77, step: 2, attempt: 1 })
})

test('a fence that cannot be written is said', async () => {
  mkdirSync(join(stateDir(), 'lock'), { recursive: true })
  expect(await trust(person({ yes: true }))).toBe(false)
  expect(said).toContain('The fence on the host cannot be written')
})

test.each([
  ['spark-1', 'spark-1', true],
  ['127.0.0.1:22', '127.0.0.1', false],
  ['me@[fe80::1]:2201', 'fe80::1', false],
  ['spark.lan', 'spark.lan', false],
  ['spark-9', null, false],
  ['a b', null, false],
  ['1.2.3.4:99999', null, false],
  ['', null, false],
])('the word %s', (word, name, inCluster) => {
  const target = targetOf(word, clusterOf(hostAt(2201)))
  expect(target?.host.name ?? null).toBe(name)
  expect(target?.inCluster ?? false).toBe(inCluster)
})

test('an address and port that cluster.yaml names is that host', () => {
  expect(targetOf('127.0.0.1:2201', clusterOf(hostAt(2201)))).toMatchObject({ host: { name: 'spark-1' }, inCluster: true })
})

/** The command itself, in a process without a terminal. */
function command(...words: string[]): Promise<{ code: number | null; out: string }> {
  const data = join(dir, 'data')
  mkdirSync(join(data, 'config'), { recursive: true })
  const host = `{name: spark-1, address: 127.0.0.1, port: ${server.port}, state_dir: ${stateDir()}}`
  writeFileSync(join(data, 'config', 'cluster.yaml'), `cluster_id: mine\nhosts: [${host}]\n`)
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'trust.ts')
  const child = spawn(process.execPath, [script, ...words], {
    env: { PATH: process.env['PATH'], SPARK_DATA_DIR: data },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15_000,
  })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out })))
}

test('the command without a terminal pins nothing unless told that the fingerprint was compared', async () => {
  const { code, out } = await command('spark-1')
  expect(out).toContain('say --yes')
  expect(code).toBe(1)
  expect(server.commands).toEqual([])
  const told = await command('spark-1', '--yes')
  expect(told.out).toContain('Pinned in') // our key of that data directory is new to the host
  expect(told.out).toContain('authorized_keys')
  expect(told.code).toBe(1)
})

test.each([[['spark-9']], [['spark-1', '--what']]])('the command with %j makes no sense, and says how it does', async (words) => {
  const { code, out } = await command(...words)
  expect(code).toBe(2)
  expect(out).toMatch(/usage:|There is no host spark-9\. Known: spark-1\./)
})
