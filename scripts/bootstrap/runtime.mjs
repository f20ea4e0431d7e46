// Node 24, which runs our TypeScript as it stands: the npm package `node` brings it, whatever Node the user has.
import { execFile, spawn } from 'node:child_process'
import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isExecutable, projectFolder } from './places.mjs'
import { say, Trouble } from './trouble.mjs'

const folder = join(projectFolder, 'node_modules', 'node')
const program = join(folder, 'bin', 'node')
const link = join(projectFolder, 'node_modules', '.bin', 'node')
const stamp = join(folder, '.spark-checked')

/** Whether `node` in node_modules/.bin was checked before and is the same file still. */
export function runtimeIsThere() {
  try {
    return isExecutable(link) && readFileSync(stamp, 'utf8') === mark()
  } catch {
    return false
  }
}

/** Makes `node` in node_modules/.bin the pinned version. Throws a Trouble when it cannot be had. One at a time: the caller holds the project's lock. */
export async function provideRuntime() {
  if (runtimeIsThere()) return
  const wanted = `v${JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version}`
  if ((await version()) !== wanted) {
    say(`Installing Node ${wanted} …`)
    await runInstaller()
    const got = await version()
    if (got !== wanted) throw new Trouble(cannotHave(wanted, got))
  }
  linkIntoBin()
  writeFileSync(stamp, mark())
}

function mark() {
  const { size, mtimeMs } = statSync(program)
  return `${size}:${mtimeMs}`
}

function version() {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: 20_000 }, (error, stdout) => resolve(error ? null : stdout.trim()))
  })
}

/** The package's own install script, which npm leaves out for users who switched such scripts off. */
function runInstaller() {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, stdio: ['ignore', 2, 'inherit'] })
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })
}

function linkIntoBin() {
  if (isExecutable(link)) return
  symlinkSync(join('..', 'node', 'bin', 'node'), link)
}

function cannotHave(wanted, got) {
  return [
    `Node ${wanted} could not be installed (${got === null ? 'there is no program that runs' : `got ${got}`} at ${program}).`,
    `It comes as the npm package \`node\`, from the registry that npm is set to; its own words are above.`,
    'Mend the access to the registry, remove node_modules, and start again.',
  ].join('\n')
}
