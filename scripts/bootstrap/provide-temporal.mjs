// Brings the Temporal CLI onto this machine, by the first way that works.
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { downloadCli } from './download.mjs'
import { buildCli } from './go-build.mjs'
import { withLock } from './lock.mjs'
import { cachedCli, checkCli, findTemporalCli, TEMPORAL_VERSION } from './temporal-cli.mjs'
import { say, Trouble } from './trouble.mjs'

/**
 * Resolves to the path of a Temporal CLI of our version: found on PATH or in the cache, else downloaded, else built.
 * Parallel runs wait for the first and use what it made. Throws a Trouble that names every way and what to do when all fail.
 */
export async function provideTemporal(env = process.env) {
  const found = await findTemporalCli(env)
  if (found.path) return found.path
  const onWait = ({ pid }) => say(`Another run (process ${pid}) is fetching the Temporal CLI; waiting for it …`)
  return withLock(`${cachedCli(env)}.lock`, () => fetchOrBuild(env), onWait)
}

async function fetchOrBuild(env) {
  const { path, tried } = await findTemporalCli(env) // again: the run that had the lock may have brought it
  if (path) return path
  const ways = [
    ['download', downloadCli],
    ['build with Go', buildCli],
  ]
  for (const [way, make] of ways) {
    try {
      return await putInPlace(make, env)
    } catch (error) {
      tried.push(`${way}: ${error.message}`)
    }
  }
  throw new Trouble(allFailed(tried, env))
}

/** Made beside its place, checked, and moved there in one step: nobody ever sees half a file under the final name. */
async function putInPlace(make, env) {
  const place = cachedCli(env)
  const draft = `${place}.${process.pid}.new`
  mkdirSync(dirname(place), { recursive: true })
  try {
    await make(draft, env)
    chmodSync(draft, 0o755)
    const fault = await checkCli(draft, env)
    if (fault) throw new Error(`what arrived cannot be used: ${fault}`)
    renameSync(draft, place)
    return place
  } finally {
    rmSync(draft, { force: true })
  }
}

function allFailed(tried, env) {
  return [
    `Spark Control needs the Temporal CLI ${TEMPORAL_VERSION}, and no way to get it worked:`,
    '  TEMPORAL_ADDRESS: not set',
    ...tried.map((line) => `  ${line}`),
    'Any one of these mends it:',
    '  - set TEMPORAL_ADDRESS to a Temporal server that is already running (enough for npm start)',
    `  - put the \`temporal\` ${TEMPORAL_VERSION} program (https://docs.temporal.io/cli) on PATH, or at ${cachedCli(env)}`,
    '  - allow this machine to reach https://temporal.download, or name a mirror of it in SPARK_TEMPORAL_MIRROR',
    '  - install Go 1.26 or newer (https://go.dev/dl) and run this again: it is then built from source',
  ].join('\n')
}
