// The one Temporal CLI that we run: which version, where a usable one lies, and how a file is proven to be one.
// Pinned, because the dev server does not migrate the SQLite file of another version.
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, isExecutable, onPath } from './places.mjs'

export const TEMPORAL_VERSION = '1.8.2'

export function cachedCli(env = process.env) {
  return join(cacheFolder(env), `temporal-${TEMPORAL_VERSION}`)
}

/**
 * A Temporal CLI of exactly our version: on PATH, else in the cache folder. Fetches nothing.
 * Resolves to `{path, tried}`: path is null when there is none; `tried` says in plain words what was looked at and why it was not taken.
 */
export async function findTemporalCli(env = process.env) {
  const tried = []
  const onThePath = onPath('temporal', env)
  if (onThePath.length === 0) tried.push('`temporal` on PATH: there is none')
  for (const path of [...onThePath, cachedCli(env)]) {
    const where = path === cachedCli(env) ? `cache (${path})` : `\`temporal\` on PATH (${path})`
    const verdict = await checkCli(path, env)
    if (verdict === null) return { path, tried }
    tried.push(`${where}: ${verdict}`)
  }
  return { path: null, tried }
}

/** Asks the file for its version. Resolves to null when it is our version, else to the reason why it is not. The answer is remembered by size and time. */
export async function checkCli(path, env = process.env) {
  if (!isExecutable(path)) return 'there is none'
  const { size, mtimeMs, ino } = statSync(path)
  const stamp = `${size}:${mtimeMs}:${ino}`
  const notes = readNotes(env)
  const noted = notes[path]
  const version = noted?.stamp === stamp ? noted.version : await askVersion(path)
  if (version === null) return 'it does not answer `--version`, so it is damaged or made for another machine'
  if (noted?.stamp !== stamp) writeNotes(env, { ...notes, [path]: { stamp, version } })
  return version === TEMPORAL_VERSION ? null : `it is version ${version}, and ${TEMPORAL_VERSION} is needed`
}

function askVersion(path) {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: 20_000 }, (error, stdout) => {
      resolve(error ? null : (/^temporal version (\S+)/.exec(stdout)?.[1] ?? null))
    })
  })
}

const notesFile = (env) => join(cacheFolder(env), 'checked.json')

function readNotes(env) {
  try {
    return JSON.parse(readFileSync(notesFile(env), 'utf8'))
  } catch {
    return {}
  }
}

function writeNotes(env, notes) {
  const fresh = `${notesFile(env)}.${process.pid}`
  try {
    mkdirSync(cacheFolder(env), { recursive: true })
    writeFileSync(fresh, JSON.stringify(notes))
    renameSync(fresh, notesFile(env))
  } catch {
    // A read-only cache only costs the next start one more `--version`.
  }
}
