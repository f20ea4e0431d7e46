import { createServer, type AddressInfo } from 'node:net'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createHosts, type Hosts } from '../../activities/hosts.ts'
import type { SshTiming } from '../../activities/ssh/connect.ts'
import { clusterOf, hostAt, newKeys, startServer, type Keys, type TestServer } from './ssh-test-server.ts'

let dir: string
let keys: Keys
let server: TestServer
let hosts: Hosts
const patient: SshTiming = { readyMs: 10_000, keepaliveMs: 10_000, keepaliveCount: 3 }
const hostsWith = (timing: SshTiming): Hosts =>
  createHosts({ cluster: () => clusterOf(hostAt(server.port, { stateDir: join(dir, 'state') })), keysDir: keys.dir, timing })

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'spark-hosts-'))
  keys = await newKeys()
  server = await startServer({ authorized: keys.authorized })
  await keys.pin(server)
  hosts = hostsWith(patient)
})
afterAll(async () => {
  await hosts.close()
  await server.close()
  await keys.remove()
  rmSync(dir, { recursive: true, force: true })
})

let fifos = 0
const fifo = async (): Promise<string> => {
  const path = join(dir, `gate-${++fifos}`)
  await hosts.look('spark-1', ['mkfifo', path])
  return path
}
/** Reads the line that a command on the host writes once it runs. */
const running = (gate: string): Promise<unknown> => hosts.look('spark-1', ['cat', gate])

test('many first users share one connection, with at most eight channels at once', async () => {
  const before = server.connections()
  const fresh = hostsWith(patient)
  const many = Array.from({ length: 40 }, (_, i) => fresh.look('spark-1', ['echo', String(i)]))
  expect((await Promise.all(many)).map((exit) => exit.stdout.trim())).toEqual(many.map((_, i) => String(i)))
  expect(server.connections() - before).toBe(1)
  expect(server.channelsAtMost()).toBe(8)
  await fresh.close()
})

test('after a loss the next use connects again', async () => {
  await hosts.look('spark-1', ['true'])
  const before = server.connections()
  server.cut()
  await vi.waitUntil(async () => (await hosts.look('spark-1', ['echo', 'again']).catch(() => null))?.stdout === 'again\n')
  expect(server.connections() - before).toBe(1)
})

test('a connection that breaks midway leaves an unknown exit, never a success', async () => {
  const gate = await fifo()
  const midway = hosts.look('spark-1', ['sh', '-c', 'echo begun; echo x >"$1"; exec sleep 600', 'sh', gate], { limit_s: 10 })
  await running(gate)
  server.cut()
  expect(await midway).toMatchObject({ kind: 'unknown', stdout: 'begun\n' })
})

test('a peer that falls silent is given up after the keepalives, and the exit is unknown', async () => {
  const hasty = hostsWith({ readyMs: 5000, keepaliveMs: 40, keepaliveCount: 3 })
  const gate = await fifo()
  const silent = hasty.look('spark-1', ['sh', '-c', 'echo x >"$1"; exec sleep 600', 'sh', gate], { limit_s: 10 })
  await running(gate)
  server.freeze(true)
  expect(await silent).toMatchObject({ kind: 'unknown' })
  server.freeze(false)
  server.cut()
  await hasty.close()
})

test('a command that is killed by a signal has an unknown exit', async () => {
  const exit = await hosts.look('spark-1', ['sh', '-c', 'kill -9 $(cut -d" " -f4 /proc/$PPID/stat)'])
  expect(exit).toMatchObject({ kind: 'unknown' })
})

test('a host that takes connections and says nothing, or is off, holds up no other host', async () => {
  const mute = createServer(() => undefined)
  await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done))
  const two = clusterOf(hostAt((mute.address() as AddressInfo).port, { name: 'mute' }), hostAt(1, { name: 'off' }), hostAt(server.port))
  const all = createHosts({ cluster: () => two, keysDir: keys.dir, timing: { ...patient, readyMs: 500 } })
  const order: string[] = []
  const note = (name: string): Promise<unknown> =>
    all
      .look(name, ['true'])
      .catch((error: unknown) => error)
      .finally(() => order.push(name))
  const [silent, off, fine] = await Promise.all([note('mute'), note('off'), note('spark-1')])
  expect(silent).toMatchObject({ code: 'host_unreachable', host: 'mute', detail: 'no answer in time' })
  expect(off).toMatchObject({ code: 'host_unreachable', host: 'off' })
  expect(fine).toMatchObject({ kind: 'exited', code: 0 })
  expect(order.at(-1)).toBe('mute')
  await all.close()
  mute.close()
})

test('a host that is not in the cluster is unknown', async () => {
  await expect(hosts.look('spark-9', ['true'])).rejects.toMatchObject({ code: 'unknown_host' })
})

test('a host that moved in cluster.yaml is reached at its new place', async () => {
  const before = server.connections()
  const second = await startServer({ authorized: keys.authorized })
  await keys.pin(server, second)
  let port = server.port
  const moving = createHosts({ cluster: () => clusterOf(hostAt(port)), keysDir: keys.dir })
  await moving.look('spark-1', ['true'])
  port = second.port
  expect(await moving.look('spark-1', ['true'])).toMatchObject({ code: 0 })
  expect([server.connections() - before, second.connections()]).toEqual([1, 1])
  await moving.close()
  await second.close()
})

test('a host is entered as another user by a connection of its own, which ends with the others', async () => {
  const own = await startServer({ authorized: keys.authorized })
  await keys.pin(server, own)
  const both = createHosts({ cluster: () => clusterOf(hostAt(own.port, { user: 'spark' })), keysDir: keys.dir })
  await both.look('spark-1', ['true'])
  await both.as('docs').look('spark-1', ['true'])
  await both.as('docs').look('spark-1', ['true'])
  await both.look('spark-1', ['true'])
  expect(own.users).toEqual(['spark', 'docs'])
  await both.close()
  await own.close()
})

test('an abort closes the channel at once, and frees it for others', async () => {
  const gate = await fifo()
  const leave = new AbortController()
  const eight = Array.from({ length: 8 }, () =>
    hosts.follow('spark-1', ['sh', '-c', 'echo "$1"; exec sleep 600', 'sh', gate], () => undefined, { signal: leave.signal }),
  )
  const inLine = new AbortController()
  const ninth = hosts.look('spark-1', ['true'], { signal: inLine.signal })
  const tenth = hosts.look('spark-1', ['echo', 'mine'])
  inLine.abort()
  expect(await ninth).toMatchObject({ kind: 'unknown' })
  leave.abort()
  expect((await Promise.all(eight)).every((exit) => exit.kind === 'unknown')).toBe(true)
  expect(await tenth).toMatchObject({ kind: 'exited', stdout: 'mine\n' })
})

test('output of any length is read to its end, and its last megabyte is kept', async () => {
  const exit = await hosts.look('spark-1', ['sh', '-c', 'head -c 5000000 /dev/zero | tr "\\0" x; echo the end; head -c 3000000 /dev/zero >&2'])
  expect(exit).toMatchObject({ kind: 'exited', code: 0 })
  expect(exit.stdout.length).toBe(1_048_576)
  expect(exit.stdout.endsWith('xthe end\n')).toBe(true)
  expect(exit.stderr.length).toBe(1_048_576)
})

test('a look is ended by the host itself after its limit, with an unknown exit', async () => {
  const exit = await hosts.look('spark-1', ['sh', '-c', 'echo $$; exec sleep 600'], { limit_s: 1 })
  expect(exit).toMatchObject({ kind: 'unknown', reason: 'it was ended after its limit of 1 s' })
  expect(() => process.kill(Number(exit.stdout), 0)).toThrow('ESRCH')
})

test('a secret on standard input is in no command line', async () => {
  const exit = await hosts.look('spark-1', ['cat'], { stdin: 'hf_secret' })
  expect(exit.stdout).toBe('hf_secret')
  const mark = { clusterId: 'demo', fence: 1, step: 0, attempt: 0 }
  expect(await hosts.change('spark-1', mark, ['cat'], { limit_s: 5, stdin: 'hf_secret' })).toMatchObject({ kind: 'exited', stdout: 'hf_secret' })
  expect(server.commands.join('\n')).not.toContain('hf_secret')
})

test('a follower gets each line as it comes, progress bars too, and its command ends when it leaves', async () => {
  const lines: string[] = []
  const leave = new AbortController()
  const script = `printf 'one\\n 5%%|\\r99%%|\\r\\n'; echo bad >&2; echo $$; exec sleep 600`
  const exit = await hosts.follow(
    'spark-1',
    ['sh', '-c', script],
    (line, from) => {
      lines.push(from === 'stderr' ? `! ${line}` : line)
      if (lines.length === 5) leave.abort()
    },
    { signal: leave.signal },
  )
  expect(exit.kind).toBe('unknown')
  const pid = lines.find((line) => /^\d+$/.test(line))
  expect(lines.filter((line) => line !== pid).sort()).toEqual([' 5%|', '! bad', '99%|', 'one'])
  await vi.waitUntil(() => isGone(Number(pid)), { timeout: 10_000 })
})

test('a followed command ends when the connection is lost', async () => {
  let pid = 0
  const lost = hosts.follow(
    'spark-1',
    ['sh', '-c', 'echo $$; exec sleep 600'],
    (line) => {
      pid = Number(line)
      server.cut()
    },
    {},
  )
  expect((await lost).kind).toBe('unknown')
  await vi.waitUntil(() => isGone(pid), { timeout: 10_000 })
})

test('a follower that throws ends the following with its error', async () => {
  const broken = hosts.follow(
    'spark-1',
    ['sh', '-c', 'echo x; exec sleep 600'],
    () => {
      throw new Error('full')
    },
    {},
  )
  await expect(broken).rejects.toThrow('full')
})

test('a change goes on when the connection is cut, and keeps the lock until its end', async () => {
  const mark = (fence: number): { clusterId: string; fence: number; step: number; attempt: number } => ({
    clusterId: 'demo',
    fence,
    step: 0,
    attempt: 0,
  })
  const gate = await fifo()
  const done = join(dir, 'done')
  const cut = hosts.change('spark-1', mark(1), ['sh', '-c', 'echo x >"$1"; read -r _ <"$1"; echo noise; echo done >"$2"', 'sh', gate, done], {
    limit_s: 60,
  })
  await running(gate)
  server.cut()
  expect(await cut).toMatchObject({ kind: 'unknown' })
  const reconnected = vi.waitUntil(() => hosts.look('spark-1', ['true']).catch(() => null))
  await reconnected
  await expect(hosts.change('spark-1', mark(2), ['true'], { limit_s: 5, wait_s: 1 })).rejects.toMatchObject({ code: 'host_lock_timeout' })
  writeFileSync(gate, 'go on\n')
  expect(await hosts.change('spark-1', mark(2), ['cat', done], { limit_s: 5, wait_s: 20 })).toMatchObject({ kind: 'exited', stdout: 'done\n' })
  await expect(hosts.change('spark-1', mark(1), ['rm', done], { limit_s: 5 })).rejects.toMatchObject({ code: 'stale_fence', detail: '2 0 0' })
  expect(readFileSync(done, 'utf8')).toBe('done\n')
})

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
