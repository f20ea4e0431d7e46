import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const server = fileURLToPath(new URL('../../api/server.ts', import.meta.url))
let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'spark-api-process-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

/** The real process, ended after 15 s whatever happens. */
function start(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [server], {
    env: { PATH: process.env['PATH'], SPARK_DATA_DIR: dataDir, TEMPORAL_ADDRESS: '127.0.0.1:1', SPARK_LISTEN: '127.0.0.1:0', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 15_000,
    killSignal: 'SIGKILL',
  })
}

async function lineWith(child: ChildProcess, words: string): Promise<Record<string, unknown>> {
  for await (const line of createInterface(child.stdout!)) if (line.includes(words)) return JSON.parse(line) as Record<string, unknown>
  throw new Error(`it never said ${words}`)
}

const ended = async (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null ? child.exitCode : ((await once(child, 'exit')) as unknown[])[0]

test('it starts while Temporal is down, says where, and ends by SIGTERM though somebody watches', async () => {
  const child = start({})
  const { url } = await lineWith(child, 'listening')
  expect((await fetch(`${String(url)}healthz`)).status).toBe(200)
  const watching = await fetch(`${String(url)}events`)
  expect(watching.headers.get('content-type')).toContain('text/event-stream')
  child.kill('SIGTERM')
  expect(await ended(child)).toBe(0)
})

test('a supervised process ends when its standard input closes', async () => {
  const child = start({ SPARK_SUPERVISED: '1' })
  await lineWith(child, 'listening')
  child.stdin!.end()
  expect(await ended(child)).toBe(0)
})

test('a taken port is named, with the setting to change', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const child = start({ SPARK_LISTEN: `127.0.0.1:${String(port)}` })
  const { msg } = await lineWith(child, 'taken')
  expect(msg).toContain(String(port))
  expect(msg).toContain('SPARK_LISTEN')
  expect(await ended(child)).toBe(1)
  other.close()
})

test('a bad setting does not stop the start: it is refused and said', async () => {
  const child = start({ SPARK_LISTEN: '127.0.0.1:0', VLLM_PORT: 'many' })
  const { setting, used } = await lineWith(child, 'setting refused')
  expect({ setting, used }).toEqual({ setting: 'vllm_port', used: '8888' })
  child.kill('SIGTERM')
  expect(await ended(child)).toBe(0)
})
