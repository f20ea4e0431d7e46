import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveOf, fakeCli, Mirror, writeProgram } from './fixtures/cli-mirror.ts'
import { Running } from './fixtures/processes.ts'

const bootstrap = resolve(import.meta.dirname, '../../scripts/bootstrap.mjs')
const good = archiveOf(fakeCli('1.8.2'))
let home: string
let mirror: Mirror

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'spark-cli-'))
  mirror = await Mirror.open(good)
})

afterEach(async () => {
  await mirror.close()
  rmSync(home, { recursive: true, force: true })
})

const bin = (): string => join(home, 'bin')
const cache = (): string => join(home, 'cache', 'spark-control')
const cached = (): string => join(cache(), 'temporal-1.8.2')

/** The real bootstrap on a machine that has nothing but what a test puts into `bin()`. */
const run = (more: NodeJS.ProcessEnv = {}): Running =>
  new Running(process.execPath, [bootstrap, '--temporal'], {
    PATH: bin(),
    XDG_CACHE_HOME: join(home, 'cache'),
    SPARK_TEMPORAL_MIRROR: mirror.url,
    ...more,
  })

async function runs(more: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; output: string }> {
  const running = run(more)
  const { code } = await running.ended
  return { code, output: running.output }
}

test('with TEMPORAL_ADDRESS set nothing is looked for', async () => {
  expect((await runs({ TEMPORAL_ADDRESS: 'temporal.example:7233' })).code).toBe(0)
  expect(mirror.requests).toEqual([])
  expect(existsSync(cached())).toBe(false)
})

test('`temporal` of exactly the right version on PATH is taken, and nothing is downloaded', async () => {
  writeProgram(bin(), 'temporal', fakeCli('1.8.2'))
  expect((await runs()).code).toBe(0)
  expect(mirror.requests).toEqual([])
})

test('`temporal` of another version on PATH is passed over, and ours is downloaded for this system', async () => {
  writeProgram(bin(), 'temporal', fakeCli('1.8.1'))
  expect((await runs()).code).toBe(0)
  expect(mirror.requests).toHaveLength(1)
  expect(mirror.requests[0]).toMatch(/^\/cli\/archive\/v1\.8\.2\?platform=(linux|darwin)&arch=(amd64|arm64)$/)
  expect(readFileSync(cached(), 'utf8')).toContain('1.8.2')
})

test('a second run with nothing changed neither downloads nor asks the program again', async () => {
  const calls = join(home, 'calls')
  mirror.body = archiveOf(fakeCli('1.8.2', calls))
  await runs()
  await runs()
  const asked = readFileSync(calls, 'utf8')
  expect((await runs()).code).toBe(0)
  expect(readFileSync(calls, 'utf8')).toBe(asked)
  expect(mirror.requests).toHaveLength(1)
})

test('a damaged file in the cache is replaced', async () => {
  writeProgram(cache(), 'temporal-1.8.2', 'not a program')
  expect((await runs()).code).toBe(0)
  expect(readFileSync(cached(), 'utf8')).toContain('1.8.2')
})

test.each([
  ['is no archive', Buffer.from('<html>blocked by the proxy</html>'), 'incorrect header check'],
  ['is cut short', good.subarray(0, good.length - 40), 'unexpected end of file'],
  ['has no program in it', archiveOf(null), 'the archive has no file called temporal'],
  ['is another version', archiveOf(fakeCli('1.9.0')), 'it is version 1.9.0, and 1.8.2 is needed'],
  ['does not run', archiveOf('#!/bin/sh\nexit 3\n'), 'does not answer `--version`'],
])('a download that %s is never put in place, and the reason is told', async (_what, body, reason) => {
  mirror.body = body
  const { code, output } = await runs()
  expect(code).toBe(1)
  expect(output).toContain(reason)
  expect(readdirSync(cache()).filter((name) => name.startsWith('temporal-'))).toEqual([])
})

test('two runs at once download once; the second waits and uses what the first brought', async () => {
  const gate = Promise.withResolvers<undefined>()
  mirror.gate = gate.promise
  const both = [run(), run()]
  await Promise.any(both.map((one) => one.says('waiting for it')))
  gate.resolve(undefined)
  expect((await Promise.all(both.map((one) => one.ended))).map(({ code }) => code)).toEqual([0, 0])
  expect(mirror.requests).toHaveLength(1)
})

test.each([
  ['a process that is dead', { pid: 2 ** 22 + 1, born: '1' }],
  ['a stranger who got its process number', { pid: process.pid, born: '1' }],
  ['nobody', 'nonsense'],
])('a lock left to %s is taken over', async (_whom, holder) => {
  mkdirSync(cache(), { recursive: true })
  writeFileSync(`${cached()}.lock`, JSON.stringify(holder))
  expect((await runs()).code).toBe(0)
  expect(existsSync(`${cached()}.lock`)).toBe(false)
})

test('where no download is, Go 1.26 or newer builds it', async () => {
  mirror.body = null
  // Writes a program where `-o` says, as `go build` does.
  const build = `while [ "$1" != -o ]; do shift; done\ncat > "$2" <<'END'\n${fakeCli('1.8.2')}END`
  writeProgram(bin(), 'go', `#!/bin/sh\nPATH=/usr/bin:/bin\nif [ "$1" = env ]; then echo go1.26.1; exit; fi\n${build}\n`)
  const { code, output } = await runs()
  expect(output).toContain('with Go')
  expect(code).toBe(0)
  expect(readFileSync(cached(), 'utf8')).toContain('1.8.2')
})

test('when every way fails, one message names each way, why it failed, and what to do', async () => {
  mirror.body = null
  writeProgram(bin(), 'temporal', fakeCli('1.6.0'))
  writeProgram(bin(), 'go', '#!/bin/sh\necho go1.25.4\n')
  const { code, output } = await runs()
  expect(code).toBe(1)
  expect(output).toContain('TEMPORAL_ADDRESS: not set')
  expect(output).toContain('it is version 1.6.0, and 1.8.2 is needed')
  expect(output).toContain(`cache (${cached()}): there is none`)
  expect(output).toContain('the server answered 503')
  expect(output).toContain('is version 1.25.4, and 1.26 or newer is needed')
  expect(output).toContain('install Go 1.26 or newer')
  expect(output).not.toContain('    at ') // no stack: it is no bug of ours
})

test('a server that cannot be reached is told as that, not as "fetch failed"', async () => {
  const { output } = await runs({ SPARK_TEMPORAL_MIRROR: 'http://127.0.0.1:1' })
  expect(output).toMatch(/download: http:\/\/127\.0\.0\.1:1\/\S+: .*(ECONNREFUSED|bad port)/)
})
