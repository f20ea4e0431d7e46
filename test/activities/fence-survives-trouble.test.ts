import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fencedCommand, readVerdict } from '../../domain/fence-script.ts'
import { fencedHost, markOf, type FencedHost } from './fence-contenders.ts'

let host: FencedHost
beforeEach(async () => {
  host = await fencedHost()
})
afterEach(() => host.remove())

const stored = { cluster_id: 'demo', fence: 7, step: 0, attempt: 0 }
const fencePath = (): string => join(host.stateDir, 'fence')
/** Under this no file can be written: what a full disk does, without root. */
const noFileMayGrow = (line: string): readonly string[] => ['sh', '-c', `trap '' XFSZ; ulimit -f 0; exec sh -c "$1"`, 'sh', line]

test('a fence that cannot be written refuses the command and keeps its value', async () => {
  await host.change(markOf(7), [])
  const { verdict, exitCode } = await host.change(markOf(8), ['touch', 'ran'], { around: noFileMayGrow })
  expect({ verdict, exitCode }).toMatchObject({ verdict: { kind: 'refused', refusal: 'full' }, exitCode: 75 })
  expect(readdirSync(host.dir)).not.toContain('ran')
  expect(host.fence()).toEqual(stored)
})

test('a first fence that cannot be written refuses the command and leaves no half of a file', async () => {
  expect((await host.change(markOf(7), ['touch', 'ran'], { around: noFileMayGrow })).verdict).toMatchObject({ kind: 'refused', refusal: 'full' })
  expect(readdirSync(host.dir)).not.toContain('ran')
  expect(existsSync(fencePath())).toBe(false)
})

test('a write that is killed midway refuses the command', async () => {
  await host.change(markOf(7), [])
  expect((await host.change(markOf(8), ['touch', 'ran'], { around: (line) => ['sh', '-c', `ulimit -f 0; ${line}`] })).verdict).toMatchObject({
    kind: 'refused',
  })
  expect(readdirSync(host.dir)).not.toContain('ran')
  expect(host.fence()).toEqual(stored)
})

/** Mounts a disk of 64 kB, where that is allowed; else the full disk is the one without growing files above. */
const mounted = (dir: string): boolean => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status === 0

test('on a full disk the fence is still raised in its own block, and still guards', async () => {
  await mkdir(host.stateDir)
  const own = mounted(host.stateDir)
  try {
    await host.change(markOf(7), [])
    if (own) spawnSync('dd', ['if=/dev/zero', `of=${join(host.stateDir, 'fill')}`, 'bs=4096'])
    const marker = { cluster_id: 'demo', swap: 'swap-0001', fence: 8, step: 1, attempt: 1, model: 'm', container: 'c' }
    const { verdict } = await host.change(markOf(8, 1, 1), ['true'], { marker })
    expect(verdict.kind).toBe('ran')
    expect(host.fence()).toMatchObject({ fence: 8, step: 1, attempt: 1 })
    expect(JSON.parse(readFileSync(join(host.stateDir, 'marker'), 'utf8'))).toEqual(marker)
    expect((await host.change(markOf(7), ['true'])).verdict).toMatchObject({ refusal: 'stale' })
  } finally {
    if (own) spawnSync('umount', [host.stateDir])
  }
})

test.each([
  ['nothing', ''],
  ['half a fence', '{"cluster_id":"demo","fence":7'],
  ['a number that no shell can compare', '{"cluster_id":"demo","fence":99999999999999999999999,"step":0,"attempt":0}'],
  ['a negative number', '{"cluster_id":"demo","fence":-1,"step":0,"attempt":0}'],
  ['another shape', '{"fence":7,"cluster_id":"demo","step":0,"attempt":0}'],
])('a fence file with %s in it never counts as 0', async (_, text) => {
  await host.change(markOf(7), [])
  await writeFile(fencePath(), text)
  expect(await host.change(markOf(8), ['touch', 'ran'])).toMatchObject({ verdict: { kind: 'refused', refusal: 'unwritable' }, exitCode: 73 })
  expect(readdirSync(host.dir)).not.toContain('ran')
  expect(readFileSync(fencePath(), 'utf8')).toBe(text)
})

test('a takeover mends a fence file that cannot be understood', async () => {
  await host.change(markOf(7), [])
  await writeFile(fencePath(), 'rubbish')
  expect(await host.takeOver('demo')).toMatchObject({ kind: 'ran' })
  expect(host.fence()).toEqual({ cluster_id: 'demo', fence: 0, step: 0, attempt: 0 })
})

test('a state directory that cannot be made, and a lock that cannot be opened, refuse the command', async () => {
  await writeFile(host.stateDir, 'a file')
  expect((await host.change(markOf(1), ['touch', 'ran'])).verdict).toMatchObject({ kind: 'refused', refusal: 'unwritable' })
  await rm(host.stateDir)
  await mkdir(join(host.stateDir, 'lock'), { recursive: true })
  expect((await host.change(markOf(1), ['touch', 'ran'])).verdict).toMatchObject({ kind: 'refused', refusal: 'unwritable' })
  expect(readdirSync(host.dir)).not.toContain('ran')
})

test('who waits for the lock too long is refused and has run nothing', async () => {
  await host.change(markOf(1), ['mkfifo', 'gate'])
  const gate = join(host.dir, 'gate')
  const first = host.change(markOf(2), ['sh', '-c', 'echo open >"$1"; read -r line <"$1"', 'hold', gate])
  expect(spawnSync('cat', [gate], { encoding: 'utf8', timeout: 10_000 }).stdout).toBe('open\n') // it runs now, so it has the lock
  expect(await host.change(markOf(3), ['touch', 'ran'], { waitS: 1 })).toMatchObject({
    verdict: { kind: 'refused', refusal: 'locked' },
    exitCode: 74,
  })
  expect(host.fence()).toMatchObject({ fence: 2 })
  await writeFile(gate, 'go on\n')
  expect((await first).verdict).toMatchObject({ kind: 'ran', code: 0 })
  expect(readdirSync(host.dir)).not.toContain('ran')
})

test('what a command leaves running holds neither the lock nor the answer', async () => {
  const { verdict } = await host.change(markOf(1), ['sh', '-c', 'setsid sleep 600 & echo $!'])
  const daemon = verdict.kind === 'ran' ? Number(verdict.stdout) : 0
  try {
    expect(process.kill(daemon, 0)).toBe(true)
    expect((await host.change(markOf(2), ['true'], { waitS: 1 })).verdict.kind).toBe('ran')
  } finally {
    process.kill(daemon, 'SIGKILL')
  }
})

test('a state directory below ~ lies in the home directory of the host', () => {
  const line = fencedCommand({ stateDir: "~/it's here", mark: markOf(1), argv: ['pwd'], waitS: 5, limitS: 5, nonce: 'n' })
  expect(spawnSync('sh', ['-c', line], { env: { ...process.env, HOME: host.dir } }).status).toBe(0)
  expect(existsSync(join(host.dir, "it's here", 'fence'))).toBe(true)
})

test('a host without flock says so and runs nothing', () => {
  const line = fencedCommand({ stateDir: host.stateDir, mark: markOf(1), argv: ['touch', 'ran'], waitS: 5, limitS: 5, nonce: 'n' })
  const { stdout } = spawnSync('/bin/sh', ['-c', line], { env: { HOME: host.dir, PATH: join(host.dir, 'bin') }, cwd: host.dir, encoding: 'utf8' })
  expect(readVerdict('n', stdout)).toEqual({ kind: 'refused', refusal: 'unwritable', detail: 'flock is not installed on the host' })
  expect(readdirSync(host.dir)).not.toContain('ran')
})
