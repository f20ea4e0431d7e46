import { spawn, type ChildProcess } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'
import { ApiServer } from '../api/api-server.ts'
import { startStage, type Stage } from './stage.ts'

const examples = join(import.meta.dirname, '../../docs/examples')
const [usual, first, second, third] = ['gemma-3-27b', 'mistral-small-3.2', 'qwen3-30b-a3b-fp8', 'gpt-oss-120b'] as const

let stage: Stage
let api: ApiServer
const started: ChildProcess[] = []
beforeAll(async () => {
  stage = await startStage({ hosts: ['spark-1'], settings: { webhook_allow_loopback: true } })
  api = await ApiServer.over(stage.config, inject('temporalAddress'))
})
afterEach(() => {
  for (const one of started.splice(0)) one.kill('SIGKILL')
})
afterAll(async () => {
  await api.close()
  await stage.close()
})

/** What the job does: it keeps what the model's port serves while it works. */
const workInto = (file: string): string => `curl --silent --fail http://127.0.0.1:${stage.host('spark-1').vllmPort}/v1/models > ${file}`
const seenIn = (file: string): string => (JSON.parse(readFileSync(file, 'utf8')) as { data: { id: string }[] }).data[0]!.id

function start(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): { output: () => string; ended: Promise<number | null>; child: ChildProcess } {
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], SPARK_URL: api.url, TTL_S: '30', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return { output: () => text, ended: once(child, 'close').then(([code]) => code as number | null), child }
}

const jobs = {
  bash: (model: string, file: string) => start('bash', [join(examples, 'nightly.sh')], { MODEL: model, WORK: workInto(file), HOLDER: 'bash-job' }),
  python: (model: string, file: string) =>
    start('python3', [join(examples, 'nightly.py'), model, 'sh', '-c', workInto(file)], { HOLDER: 'python-job' }),
  typescript: (model: string, file: string) =>
    start(process.execPath, [join(examples, 'nightly.ts'), model, 'sh', '-c', workInto(file)], { HOLDER: 'typescript-job' }),
}

test('three jobs collide, stand in line, each works with its own model, and the usual one is back at the end', async () => {
  await stage.swap(usual)
  const files = {
    bash: join(stage.places.dataDir, 'bash'),
    python: join(stage.places.dataDir, 'python'),
    typescript: join(stage.places.dataDir, 'typescript'),
  }
  const running = [jobs.bash(first, files.bash), jobs.python(second, files.python), jobs.typescript(third, files.typescript)]
  for (const job of running) expect(await job.ended, job.output()).toBe(0)

  expect(seenIn(files.bash)).toBe(stage.model(first).served_name)
  expect(seenIn(files.python)).toBe(stage.model(second).served_name)
  expect(seenIn(files.typescript)).toBe(stage.model(third).served_name)
  expect((await stage.serves('spark-1'))?.id).toBe(stage.model(usual).served_name)
  expect((await api.ask('/api/swap/lock')).json).toMatchObject({ held: false, waiting: 0 })
}, 240_000)

test('a job whose work fails puts the model back all the same, and says that it failed', async () => {
  await stage.swap(usual)
  const job = start('bash', [join(examples, 'nightly.sh')], { MODEL: first, WORK: 'exit 3', HOLDER: 'bash-job' })
  expect(await job.ended, job.output()).toBe(3)
  expect((await stage.serves('spark-1'))?.id).toBe(stage.model(usual).served_name)
  expect((await api.ask('/api/swap/lock')).json).toMatchObject({ held: false })
})

/** Each example with this shell command as its work. */
const working = {
  bash: (work: string) => start('bash', [join(examples, 'nightly.sh')], { MODEL: first, WORK: work, HOLDER: 'bash-job', WAIT_S: '5' }),
  python: (work: string) => start('python3', [join(examples, 'nightly.py'), first, 'sh', '-c', work], { HOLDER: 'python-job' }),
  typescript: (work: string) => start(process.execPath, [join(examples, 'nightly.ts'), first, 'sh', '-c', work], { HOLDER: 'typescript-job' }),
}
const waiting = async (): Promise<number> => ((await api.ask('/api/swap/lock')).json as { waiting: number }).waiting
const languages = ['bash', 'python', 'typescript'] as const

test.each(languages)(
  'a job in %s that is ended by a signal takes its work along, puts the model back and releases the lock',
  async (language) => {
    await stage.swap(usual)
    const file = join(stage.places.dataDir, `pid-${language}`)
    const job = working[language](`echo $$ > ${file}.new && mv ${file}.new ${file}; sleep 300; true`)
    await expect.poll(() => existsSync(file), { timeout: 60_000 }).toBe(true)
    job.child.kill('SIGTERM')
    expect(await job.ended, job.output()).not.toBe(0)
    expect(() => process.kill(Number(readFileSync(file, 'utf8')), 0)).toThrow('ESRCH')
    expect((await stage.serves('spark-1'))?.id).toBe(stage.model(usual).served_name)
    expect((await api.ask('/api/swap/lock')).json).toMatchObject({ held: false, waiting: 0 })
  },
  120_000,
)

test.each(languages)(
  'a job in %s that is ended while it stands in line leaves no lock behind',
  async (language) => {
    const other = { 'X-Swap-Lock-Token': 'another-job-holds-it-just-now' }
    expect((await api.post('/api/swap/lock', { holder: 'other', token: other['X-Swap-Lock-Token'] })).status).toBeLessThan(300)
    const job = working[language]('true')
    await expect.poll(waiting, { timeout: 10_000 }).toBe(1)
    job.child.kill('SIGTERM')
    expect((await api.ask('/api/swap/lock', { method: 'DELETE', headers: other })).status).toBe(200)
    expect(await job.ended, job.output()).not.toBe(0)
    await expect.poll(waiting, { timeout: 10_000 }).toBe(0)
    expect((await api.ask('/api/swap/lock')).json).toMatchObject({ held: false })
  },
  60_000,
)

test('the receiver believes what Spark Control signed, and nothing else', async () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const receiver = start('python3', [join(examples, 'webhook_receiver.py'), '0'], { WEBHOOK_SECRET: secret })
  const lines = createInterface({ input: receiver.child.stdout! })[Symbol.asyncIterator]()
  const port = /port (\d+)/.exec((await lines.next()).value as string)?.[1]
  const url = `http://127.0.0.1:${port ?? ''}/`
  const added = await api.post('/api/webhooks', { url, secret, events: ['swap_complete'] })
  expect(added.status, added.text).toBe(201)

  const swap = await stage.swap(second)
  const line = (await lines.next()).value as string
  expect(line).toContain(`swap_complete evt_${swap.swap_id}_ended completed`)

  const body = JSON.stringify({ id: 'evt_forged', type: 'swap_complete', timestamp: new Date().toISOString(), data: {} })
  const sentAt = String(Math.floor(Date.now() / 1000))
  const forged = createHmac('sha256', 'another key').update(`evt_forged.${sentAt}.${body}`).digest('base64')
  const headers = { 'webhook-id': 'evt_forged', 'webhook-timestamp': sentAt, 'webhook-signature': `v1,${forged}` }
  expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(401)
})
