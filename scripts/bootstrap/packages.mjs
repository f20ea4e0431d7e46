// The packages of the lockfile in node_modules: installed when they are not what the lockfile says.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { onPath, projectFolder } from './places.mjs'
import { say, Trouble } from './trouble.mjs'

const lockfile = join(projectFolder, 'package-lock.json')
const modules = join(projectFolder, 'node_modules')
const stamp = join(modules, '.spark-packages')

/** Whether node_modules was made from this very lockfile. */
export function packagesAreThere() {
  return read(stamp) === fingerprint()
}

/** Makes node_modules what package-lock.json says. Throws a Trouble when `npm ci` fails. One at a time: the caller holds the project's lock. */
export async function providePackages() {
  if (packagesAreThere()) return
  if (!isInstalledByHand()) {
    say('Installing packages (npm ci) …')
    const code = await npm(['ci', '--include=dev', '--no-fund', '--no-audit', '--loglevel=error'])
    if (code !== 0)
      throw new Trouble(`\`npm ci\` failed (exit ${code}); its own words are above. Run \`npm ci\` here, mend what it names, and start again.`)
  }
  writeFileSync(stamp, fingerprint())
}

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(lockfile))
  return hash.update(`${process.platform}-${process.arch}`).digest('hex')
}

/** npm writes its own lockfile into node_modules as the last act of a whole install: when it agrees with ours, nothing is to be done. */
function isInstalledByHand() {
  const present = JSON.parse(read(join(modules, '.package-lock.json')) ?? '{}').packages ?? {}
  const wanted = JSON.parse(readFileSync(lockfile, 'utf8')).packages
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || (!present[path] && entry.optional)) return true
    return present[path]?.version === entry.version && existsSync(join(projectFolder, path))
  })
}

/** npm by the Node that the user has: our own lies in the folder that `npm ci` removes first. */
function npm(args) {
  const env = { ...process.env, PATH: withoutModules(process.env.PATH ?? '') }
  const node = onPath('node', env)[0]
  const cli = process.env.npm_execpath
  const [command, ...rest] = node && cli?.endsWith('.js') ? [node, cli, ...args] : ['npm', ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { cwd: projectFolder, env, stdio: ['ignore', 2, 'inherit'] })
    child.once('error', () => reject(new Trouble('`npm` was not found. Install Node.js with npm from https://nodejs.org and start again.')))
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
}

function withoutModules(path) {
  return path
    .split(delimiter)
    .filter((folder) => !folder.startsWith(modules))
    .join(delimiter)
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
