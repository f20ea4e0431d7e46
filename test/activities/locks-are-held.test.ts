import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hold, ready } from '../../activities/held-locks.ts'
import type { ChannelOptions, Exit } from '../../activities/ssh/channel.ts'
import { fencedCommand, readVerdict } from '../../domain/fence-script.ts'
import type { Mark } from '../../domain/mark.ts'
import { spark1 } from '../domain/launchers/sample.ts'
import { markOf } from './fence-contenders.ts'

let dir: string
let children: ChildProcess[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spark-hold-'))
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(dir, { recursive: true, force: true })
})

const host = () => ({ ...spark1, stateDir: join(dir, 'state') })
const marker = { cluster_id: 'demo', swap: 'swap-0001', fence: 7, step: 2, attempt: 1, model: 'qwen3', container: 'vllm_node' }
const options = { limit_s: 60, wait_s: 20, marker }

/** A channel to this machine's own shell; `signal` closes it as a lost connection does: the far end reads the end of its input. */
function run(_target: unknown, command: string, { onLine, onOpen, holdStdin, signal }: ChannelOptions): Promise<Exit> {
  const child = spawn('sh', ['-c', command], { stdio: 'pipe', cwd: dir })
  children.push(child)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    for (const line of chunk.toString().split('\n')) onLine?.(line, 'stderr')
  })
  onOpen?.((text) => child.stdin.write(text))
  if (holdStdin !== true) child.stdin.end()
  signal?.addEventListener('abort', () => child.stdin.end())
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      if (code === null) resolve({ kind: 'unknown', reason: 'killed', stdout, stderr }) // what it left behind keeps its outputs open
    })
    child.on('close', (code) => resolve({ kind: 'exited', code: code ?? -1, stdout, stderr }))
  })
}

/** What a command of that mark comes to that waits a second for the lock. */
async function change(mark: Mark, argv: readonly string[], waitS = 1) {
  const nonce = 'other'
  const exit = await run(null, fencedCommand({ stateDir: host().stateDir, mark, argv, waitS, limitS: 10, nonce }), { listen_s: 60 })
  return readVerdict(nonce, exit.stdout)
}

test('while a host is held not even a higher mark gets its lock; released, it does', async () => {
  const held = await hold(run, host(), markOf(7, 2, 1), options)
  expect(await change(markOf(8), ['touch', 'ran'])).toMatchObject({ kind: 'refused', refusal: 'locked' })
  expect(JSON.parse(readFileSync(join(dir, 'state', 'marker'), 'utf8'))).toEqual(marker)
  await held.release()
  expect(held.isLost).toBe(false)
  expect(await change(markOf(8), ['touch', 'ran'], 20)).toMatchObject({ kind: 'ran', code: 0 })
})

test('a hold outlives the connection that asked for it, is known to be lost, and is given back over another one', async () => {
  const held = await hold(run, host(), markOf(7, 2, 1), options)
  children[0]?.kill('SIGKILL')
  await expect.poll(() => held.isLost).toBe(true)
  expect(await change(markOf(7, 2, 1), [])).toMatchObject({ kind: 'refused', refusal: 'locked' })
  await held.release()
  expect(await change(markOf(7, 2, 1), [], 20)).toMatchObject({ kind: 'ran' })
  await expect.poll(() => readdirSync(join(dir, 'state')).filter((name) => name.startsWith('hold.'))).toEqual([])
})

test('a lower mark holds nothing', async () => {
  await change(markOf(8), [])
  await expect(hold(run, host(), markOf(7, 2, 1), options)).rejects.toMatchObject({ code: 'stale_fence' })
})

test('a command that was prepared runs at the word, with its own outputs and exit code', async () => {
  const prepared = await ready(run, host(), markOf(7, 2, 1), ['sh', '-c', 'cat; echo out; echo err >&2; exit 3'], options)
  expect(await change(markOf(8), [])).toMatchObject({ kind: 'refused', refusal: 'locked' })
  expect(await prepared.go()).toEqual({ kind: 'exited', code: 3, stdout: 'out\n', stderr: 'err\n' })
})

test('a command that was prepared does not run when nobody says the word any more', async () => {
  const prepared = await ready(run, host(), markOf(7, 2, 1), ['touch', 'ran'], options)
  prepared.drop()
  expect(await change(markOf(7, 2, 2), [], 20)).toMatchObject({ kind: 'ran' })
  expect(readdirSync(dir)).not.toContain('ran')
  await expect(prepared.go()).rejects.toMatchObject({ code: 'host_lock_timeout' })
})
