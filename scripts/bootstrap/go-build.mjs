// The Temporal CLI built from its source by the user's own Go: for machines that reach a Go proxy and no archive.
import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onPath, projectFolder } from './places.mjs'
import { progressLine } from './progress.mjs'
import { TEMPORAL_VERSION } from './temporal-cli.mjs'

const moduleFolder = join(projectFolder, 'scripts', 'temporal-cli')
const LEAST = { major: 1, minor: 26 }

/** Builds to `destination`. Throws with the reason in plain words. Four to five minutes on two cores. */
export async function buildCli(destination, env = process.env) {
  const go = onPath('go', env)[0]
  if (!go) throw new Error('there is no `go` on PATH')
  const version = await goVersion(go, env)
  if (!isRecent(version)) throw new Error(`${go} is version ${version ?? 'unknown'}, and ${LEAST.major}.${LEAST.minor} or newer is needed`)
  await compile(go, destination, env)
}

function goVersion(go, env) {
  return new Promise((resolve) => {
    execFile(go, ['env', 'GOVERSION'], { env, timeout: 20_000, cwd: projectFolder }, (error, stdout) => {
      resolve(error ? null : stdout.trim().replace(/^go/, ''))
    })
  })
}

function isRecent(version) {
  const [major, minor] = (version ?? '').split('.').map((part) => Number.parseInt(part, 10))
  return major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor)
}

function compile(go, destination, env) {
  const version = `-X github.com/temporalio/cli/internal/temporalcli.Version=${TEMPORAL_VERSION}`
  const args = ['build', '-v', '-trimpath', '-ldflags', `-s -w ${version}`, '-o', destination, 'github.com/temporalio/cli/cmd/temporal']
  const started = Date.now()
  const line = progressLine()
  const label = `Building the Temporal CLI ${TEMPORAL_VERSION} with Go (about 5 minutes, once)`
  const lastLines = []
  let [fetched, compiled] = [0, 0]
  return new Promise((resolve, reject) => {
    const build = spawn(go, args, {
      cwd: moduleFolder,
      env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    createInterface({ input: build.stderr }).on('line', (text) => {
      if (text.startsWith('go: downloading')) fetched += 1
      else compiled += 1
      lastLines.push(text)
      if (lastLines.length > 5) lastLines.shift()
      line.update(`${label}: ${fetched} modules fetched, ${compiled} packages compiled, ${Math.round((Date.now() - started) / 1000)} s`)
    })
    build.once('error', reject)
    build.once('close', (code) => {
      if (code !== 0) return reject(new Error(`\`go build\` failed: ${lastLines.join(' / ')}`))
      line.done(`${label}: done after ${Math.round((Date.now() - started) / 1000)} s`)
      resolve()
    })
  })
}
