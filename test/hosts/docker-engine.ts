import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const wanted = ['docker.io', 'containerd', 'runc', 'tini']
const cache = (): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'spark-control')

/** The engine that an earlier run unpacked: its folder, or null. A folder has its final name only when it is whole. */
export async function cachedEngine(): Promise<string | null> {
  const names = existsSync(cache()) ? await readdir(cache()) : []
  const engine = names
    .filter((name) => name.startsWith('docker-engine-'))
    .sort()
    .at(-1)
  return engine === undefined ? null : join(cache(), engine)
}

/**
 * A folder with Debian's Docker Engine unpacked in it (`usr/sbin/dockerd`, `usr/bin/docker`, …) and the libraries that this machine has not installed.
 * Fetched by apt-get once and kept in the user's cache. The packages are unpacked and not installed: installing them would start a daemon on this machine.
 * Throws, with apt's own words, when it cannot be fetched.
 */
export async function dockerEngine(): Promise<string> {
  const there = await cachedEngine()
  if (there !== null) return there
  return fetchEngine().catch(async () => {
    await run('apt-get', ['update'], { timeout: 120_000 }) // no lists yet, or lists older than the packages
    return fetchEngine()
  })
}

async function fetchEngine(): Promise<string> {
  const { stdout } = await run('apt-get', ['install', '--simulate', '--no-install-recommends', ...wanted])
  const needed = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '')
  await mkdir(cache(), { recursive: true })
  const work = await mkdtemp(join(cache(), '.docker-engine-'))
  try {
    await run('apt-get', ['download', '--quiet', ...new Set([...wanted, ...needed])], { cwd: work, timeout: 300_000 })
    const packages = (await readdir(work)).filter((name) => name.endsWith('.deb'))
    for (const name of packages) await run('dpkg-deb', ['--extract', join(work, name), join(work, 'engine')])
    await mergeIntoUsr(join(work, 'engine'))
    const version = packages.map((name) => /^docker\.io_([\w.]+)/.exec(name)?.[1]).find((found) => found !== undefined) ?? 'unknown'
    return await keep(join(work, 'engine'), join(cache(), `docker-engine-${version}`))
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Packages still name /lib and /sbin, which are links into /usr where they are installed. */
async function mergeIntoUsr(engine: string): Promise<void> {
  for (const name of await readdir(engine)) {
    if (name === 'usr') continue
    if (['bin', 'lib', 'lib64', 'sbin'].includes(name))
      await cp(join(engine, name), join(engine, 'usr', name), { recursive: true, verbatimSymlinks: true })
    await rm(join(engine, name), { recursive: true })
  }
}

/** Two runs may fetch at once: the first one's folder stays. */
async function keep(engine: string, place: string): Promise<string> {
  await rename(engine, place).catch((trouble: unknown) => {
    if (!existsSync(place)) throw trouble
  })
  return place
}
