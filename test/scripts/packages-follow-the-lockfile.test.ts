import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeProgram } from './fixtures/cli-mirror.ts'
import { Running } from './fixtures/processes.ts'

const scripts = resolve(import.meta.dirname, '../../scripts')
let home: string

const project = (): string => join(home, 'project')
const modules = (): string => join(project(), 'node_modules')
const npmCalls = (): string => (existsSync(join(home, 'npm-calls')) ? readFileSync(join(home, 'npm-calls'), 'utf8') : '')

/** What `npm ci` leaves for a user who switched install scripts off: packages, and npm's own lockfile as the last thing; no Node program yet. */
const npm = `#!/bin/sh
echo "$@" >> "$HOME/npm-calls"
test -e "$HOME/npm-fails" && exit 1
rm -rf node_modules && mkdir -p node_modules/node node_modules/.bin
echo '{"version":"24.0.0"}' > node_modules/node/package.json
cp "$HOME/installer.js" node_modules/node/installArchSpecificPackage.js
cp package-lock.json node_modules/.package-lock.json
`
const installer = `
const fs = require('node:fs')
fs.mkdirSync('bin')
fs.writeFileSync('bin/node', '#!/bin/sh\\necho v24.0.0\\n', { mode: 0o755 })
`

const writeLockfile = (version: string): void =>
  writeFileSync(join(project(), 'package-lock.json'), JSON.stringify({ packages: { '': {}, 'node_modules/node': { version } } }))

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spark-packages-'))
  cpSync(scripts, join(project(), 'scripts'), { recursive: true })
  writeLockfile('24.0.0')
  writeProgram(join(home, 'bin'), 'npm', npm)
  writeFileSync(join(home, 'installer.js'), installer)
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

async function bootstrap(nodeFlags: string[] = []): Promise<{ code: number | null; output: string }> {
  const env = { HOME: home, PATH: `${join(home, 'bin')}:/usr/bin:/bin` }
  const running = new Running(process.execPath, [...nodeFlags, join(project(), 'scripts', 'bootstrap.mjs')], env)
  const { code } = await running.ended
  return { code, output: running.output }
}

test('on a clean clone the packages are installed, and Node 24 also for a user whose npm runs no install scripts', async () => {
  expect(await bootstrap()).toMatchObject({ code: 0 })
  expect(npmCalls()).toMatch(/^ci /)
  expect(existsSync(join(modules(), '.bin', 'node'))).toBe(true)
})

test('with an unchanged lockfile npm is not called again', async () => {
  await bootstrap()
  const calls = npmCalls()
  expect(await bootstrap()).toMatchObject({ code: 0, output: '' })
  expect(npmCalls()).toBe(calls)
})

test('a changed lockfile is followed', async () => {
  await bootstrap()
  writeLockfile('24.0.1')
  await bootstrap()
  expect(npmCalls().match(/^ci /gm)).toHaveLength(2)
})

test('packages that the user installed by hand are taken as they are', async () => {
  mkdirSync(join(modules(), 'node', 'bin'), { recursive: true })
  mkdirSync(join(modules(), '.bin'))
  writeFileSync(join(modules(), 'node', 'package.json'), '{"version":"24.0.0"}')
  writeProgram(join(modules(), 'node', 'bin'), 'node', '#!/bin/sh\necho v24.0.0\n')
  symlinkSync('../node/bin/node', join(modules(), '.bin', 'node'))
  cpSync(join(project(), 'package-lock.json'), join(modules(), '.package-lock.json'))
  expect(await bootstrap()).toMatchObject({ code: 0 })
  expect(npmCalls()).toBe('')
})

test('an installation that was broken off is done again', async () => {
  mkdirSync(join(modules(), 'node'), { recursive: true }) // npm had not come to write its own lockfile
  expect(await bootstrap()).toMatchObject({ code: 0 })
  expect(npmCalls()).toMatch(/^ci /)
})

test('two runs at once install once', async () => {
  const both = await Promise.all([bootstrap(), bootstrap()])
  expect(both.map(({ code }) => code)).toEqual([0, 0])
  expect(npmCalls().match(/^ci /gm)).toHaveLength(1)
})

test('when npm fails, it is said what failed and what to do', async () => {
  writeFileSync(join(home, 'npm-fails'), '')
  const { code, output } = await bootstrap()
  expect(code).toBe(1)
  expect(output).toContain('`npm ci` failed (exit 1)')
  expect(output).not.toContain('    at ')
})

test('when Node 24 cannot be had, it is said where it comes from', async () => {
  writeFileSync(join(home, 'installer.js'), '')
  const { code, output } = await bootstrap()
  expect(code).toBe(1)
  expect(output).toContain('Node v24.0.0 could not be installed')
})

test('a Node that is too old is told so, in words that it can still run', async () => {
  const pretend = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.4"}})'
  const { code, output } = await bootstrap(['--import', pretend])
  expect(code).toBe(1)
  expect(output).toContain('Node 20.3 or newer is needed, and this is 18.20.4')
})
